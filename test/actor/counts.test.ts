import { expect, it } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { Store } from '../../src/actor/store.ts';
import type { Action } from '../../src/domain/commands.ts';
import { command, inActor, rsvOf } from '../support/actor.ts';
import { alice, attendee, details, EVENT, HOUR, MINUTE, olga, seats, T0 } from '../support/given.ts';

/** The figures that the actor keeps are those that a count of all rows would give. */

const NONE = { pending: 0, confirmed: 0, waitlisted: 0, cancelled: 0, expired: 0 };

/** Whole numbers below a bound, the same ones each time. */
function dice(seed: number): (below: number) => number {
  let last = seed;
  return (below) => {
    last = (last * 48_271) % 2_147_483_647;
    return last % below;
  };
}

function recount(storage: DurableObjectStorage) {
  const rows = storage.sql
    .exec<{ status: string; n: number; seats: number; arrived: number }>(
      `SELECT status, count(*) AS n, sum(quantity) AS seats, sum(checked_in_quantity) AS arrived
       FROM reservations GROUP BY status`,
    )
    .toArray();
  const expected: Record<string, number> = { checkedInSeats: 0 };
  for (const status of Object.keys(NONE)) {
    const row = rows.find((one) => one.status === status);
    expected[status] = row?.n ?? 0;
    expected[`${status}Seats`] = row?.seats ?? 0;
    if (status === 'confirmed') expected.checkedInSeats = row?.arrived ?? 0;
  }
  return expected;
}

it.each([
  7, 8, 9,
])('equal a recount after a random history (seed %i), and so do the sums over all days', async (seed) => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const random = dice(seed);
    let at = T0;
    let made = 0;
    const ask = (action: Action, who: typeof olga | null = olga) =>
      execute(storage, store, [command(EVENT, who, action)], at, 0);
    const times = { startTime: T0 + 90 * HOUR, endTime: T0 + 91 * HOUR };
    ask({
      type: 'create_event',
      details: details({ capacity: 25, requiresConfirmation: true, ...times }),
      status: 'published',
    });
    const reserve = () => {
      made += 1;
      const asked = { quantity: 1 + random(5), attendeeId: attendee(made), onFull: 'waitlist' as const };
      ask(seats(rsvOf(EVENT, made), asked), alice);
    };
    reserve();
    for (let step = 0; step < 400; step += 1) {
      at += random(20) * MINUTE;
      const reservationId = rsvOf(EVENT, 1 + random(made));
      const which = random(11);
      if (which < 3) reserve();
      if (which === 3) ask({ type: 'cancel', reservationId });
      if (which === 4 || which === 5) ask({ type: 'confirm', reservationId, reacquire: which === 4 });
      if (which === 6) ask({ type: 'reactivate', reservationId });
      if (which === 7) ask({ type: 'change_quantity', reservationId, quantity: 1 + random(6), ifVersion: null });
      if (which === 8) ask({ type: 'check_in', reservationId, ticketCode: null, quantity: null, nonce: `${step}` });
      if (which === 9) ask({ type: 'undo_check_in', reservationId });
      if (which === 10) ask({ type: 'settle' }, null);
    }
    const stock = store.counts.stock();
    expect(stock).toEqual(recount(storage));
    const days = store.counts.days();
    const sum = (name: 'created' | 'seatsTaken' | 'seatsFreed' | 'seatsCheckedIn') =>
      days.reduce((all, day) => all + day[name], 0);
    expect(sum('created')).toBe(storage.sql.exec('SELECT count(*) AS n FROM reservations').one().n);
    expect(sum('seatsTaken') - sum('seatsFreed')).toBe(stock.pendingSeats + stock.confirmedSeats);
    expect(sum('seatsCheckedIn')).toBe(stock.checkedInSeats);
    expect(stock.waitlisted * stock.cancelled * stock.expired * stock.confirmed).toBeGreaterThan(0);
    expect(days.length).toBeGreaterThan(2);
  });
});

it('keep the day of the time zone that the event had', async () => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const create = { type: 'create_event', details: details({ timeZone: 'Asia/Tokyo' }), status: 'published' } as const;
    execute(storage, store, [command(EVENT, olga, create), command(EVENT, alice, seats(rsvOf(EVENT, 1)))], T0, 0);
    const change: Action = { type: 'edit_event', changes: { timeZone: 'America/New_York' }, ifVersion: null };
    const more = command(EVENT, olga, seats(rsvOf(EVENT, 2)));
    execute(storage, store, [command(EVENT, olga, change), more], T0 + MINUTE, 0);
    expect(store.counts.days().map(({ day, created }) => [day, created])).toEqual([
      ['2029-12-31', 1],
      ['2030-01-01', 1],
    ]);
  });
});

it('are shown of the last ten years of days on which anything happened', async () => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const create = { type: 'create_event', details: details(), status: 'published' } as const;
    execute(storage, store, [command(EVENT, olga, create)], T0, 0);
    storage.sql.exec(
      `WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)
       INSERT INTO days SELECT date('1990-01-01', n || ' days'), 1, 0, 0, 0, 0, 0 FROM n`,
    );
    const days = store.counts.days();
    expect([days.length, days.at(0)?.day, days.at(-1)?.day]).toEqual([3_660, '1990-12-08', '2000-12-14']);
  });
});
