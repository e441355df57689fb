import { describe, expect, it } from 'vitest';
import type { Told } from '../../scripts/rush.ts';
import { type Evidence, judge, type Row } from '../../scripts/verdict.ts';

const row = (id: string, quantity = 1): Row => ({ id, user_id: `user of ${id}`, quantity, status: 'confirmed' });
const acknowledged = (id: string, quantity = 1) => ({ reservationId: id, userId: `user of ${id}`, quantity });
const silent = (id: string, quantity = 1) => ({ userId: `user of ${id}`, token: '', quantity });

function evidence(told: Partial<Told>, rows: Row[], seats: { capacity: number; reserved: number }): Evidence {
  return {
    capacity: seats.capacity,
    told: { acknowledged: [], soldOut: [], other: new Map(), unanswered: [], latenciesMs: [], ...told },
    actor: { reserved: seats.reserved, available: seats.capacity - seats.reserved },
    rows,
  };
}

function complaints(given: Evidence): string[] {
  return judge(given)
    .filter(({ holds }) => !holds)
    .map(({ text }) => text);
}

describe('the verdict on a rush', () => {
  const told = { acknowledged: [acknowledged('a'), acknowledged('b', 2)] };

  it('is good when the crowd, the actor and D1 agree', () => {
    const soldOut = [{ quantity: 2, availableSlots: 1 }];
    expect(complaints(evidence({ ...told, soldOut }, [row('a'), row('b', 2)], { capacity: 4, reserved: 3 }))).toEqual(
      [],
    );
  });

  it('counts one seat as one', () => {
    const texts = (told: Partial<Told>, rows: Row[], reserved: number) =>
      judge(evidence(told, rows, { capacity: 1, reserved })).map(({ text }) => text);
    expect(texts({ acknowledged: [acknowledged('a')] }, [row('a')], 1)).toEqual(
      expect.arrayContaining([
        'each acknowledged reservation is in D1: 1',
        'the actor counts 1 seat taken and 0 free of 1',
        "D1's rows take 1 seat, the actor counts 1",
        'the crowd was promised 1 seat, the actor counts 1',
      ]),
    );
    expect(texts({ unanswered: [silent('a')] }, [], 0)).toEqual(
      expect.arrayContaining([
        'the actor counts 0 seats taken and 1 free of 1',
        'the crowd was promised 0 to 1 seats, the actor counts 0',
      ]),
    );
  });

  it('names an acknowledged reservation that is lost', () => {
    const found = complaints(evidence(told, [row('a')], { capacity: 4, reserved: 1 }));
    expect(found).toContain('acknowledged, but lost: b');
    expect(found).toContain('the crowd was promised 3 seats, the actor counts 1');
  });

  it('calls a reservation lost that has been cancelled, or changed its size or its holder', () => {
    for (const wrong of [{ status: 'cancelled' }, { quantity: 1 }, { user_id: 'another' }]) {
      const rows = [row('a'), { ...row('b', 2), ...wrong }];
      expect(complaints(evidence(told, rows, { capacity: 4, reserved: 3 }))).toContain('acknowledged, but lost: b');
    }
  });

  it('names what is doubled: a promise given twice, a row listed twice, a customer with two rows', () => {
    const twice = { acknowledged: [acknowledged('a'), acknowledged('a')] };
    expect(complaints(evidence(twice, [row('a')], { capacity: 4, reserved: 1 }))).toContain('doubled: a');
    const rows = [row('a'), row('b', 2), { ...row('c'), user_id: 'user of a' }];
    expect(complaints(evidence(told, rows, { capacity: 9, reserved: 4 }))).toContain('doubled: user of a');
  });

  it('lets one who got no answer have a reservation or not, but nobody else', () => {
    const unanswered = { ...told, unanswered: [silent('c'), silent('d')] };
    const rows = [row('a'), row('b', 2), row('c')];
    expect(complaints(evidence(unanswered, rows, { capacity: 4, reserved: 4 }))).toEqual([]);
    expect(complaints(evidence(told, rows, { capacity: 4, reserved: 4 }))).toContain('in D1, but told to nobody: c');
  });

  it('does not let anybody be refused who would have fitted', () => {
    const early = { ...told, soldOut: [{ quantity: 1, availableSlots: 1 }] };
    expect(complaints(evidence(early, [row('a'), row('b', 2)], { capacity: 3, reserved: 3 }))).toEqual([
      'refused, but would have fitted: 1 of 1 left',
    ]);
    const late = { ...told, soldOut: [{ quantity: 1, availableSlots: 0 }] };
    expect(complaints(evidence(late, [row('a'), row('b', 2)], { capacity: 4, reserved: 3 }))).toHaveLength(1);
  });

  it('sees an oversold event, rows that lag, and answers that nobody expects', () => {
    expect(complaints(evidence(told, [row('a'), row('b', 2)], { capacity: 2, reserved: 3 }))).toHaveLength(1);
    expect(complaints(evidence({}, [], { capacity: 2, reserved: 1 }))).toHaveLength(2);
    const other = new Map([['internal_error', 2]]);
    expect(complaints(evidence({ other }, [], { capacity: 2, reserved: 0 }))).toEqual([
      'unexpected answers: 2 × internal_error',
    ]);
  });
});
