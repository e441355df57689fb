import { expect, it } from 'vitest';
import { request, somebody } from '../../support/api.ts';
import { createEvent } from '../../support/events.ts';

interface Change {
  readonly seq: number;
  readonly type: string;
  readonly reservation_id: string | null;
  readonly data: { readonly quantity?: number };
}

/** All facts of the event, in order. */
async function changesOf(id: string, token: string): Promise<Change[]> {
  const changes: Change[] = [];
  for (;;) {
    const after = changes.at(-1)?.seq ?? 0;
    const { body } = await request('GET', `/api/events/${id}/changes?after_seq=${after}&limit=100`, { token });
    if (body.items.length === 0) return changes;
    changes.push(...body.items);
  }
}

/** The seats that were taken after each fact, told from the feed alone. */
function takenAfterEach(changes: readonly Change[]): Map<number, number> {
  const quantities = new Map<string | null, number>();
  let taken = 0;
  return new Map(
    changes.map(({ seq, type, reservation_id, data }) => {
      if (type === 'reservation_created') {
        quantities.set(reservation_id, data.quantity ?? 0);
        taken += data.quantity ?? 0;
      }
      if (type === 'reservation_cancelled') taken -= quantities.get(reservation_id) ?? 0;
      return [seq, taken];
    }),
  );
}

it('shows under a storm only what was true between the request and its answer', async () => {
  const { token } = await somebody('organizer');
  const { id } = await createEvent(token, { capacity: 40 });
  const seen: { seq: number; reserved_slots: number; available_slots: number; knownBefore: number }[] = [];
  let known = 0;
  let over = false;
  const watch = async () => {
    while (!over) {
      const knownBefore = known;
      const { body } = await request('GET', `/api/events/${id}/availability`);
      known = Math.max(known, body.seq);
      seen.push({ ...body, knownBefore });
    }
  };
  const come = async (n: number) => {
    const customer = await somebody();
    const body = { quantity: 1 + (n % 4) };
    const made = await request('POST', `/api/events/${id}/reservations`, { token: customer.token, body });
    if (made.status !== 201 || n % 3 === 0) return;
    await request('POST', `/api/reservations/${made.body.id}/cancel`, { token: customer.token });
  };
  const watchers = Promise.all([watch(), watch(), watch(), watch()]);
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 16 }, (_, n) => come(round * 16 + n)));
  }
  over = true;
  await watchers;

  const taken = takenAfterEach(await changesOf(id, token));
  expect(seen.length).toBeGreaterThan(10);
  for (const { seq, reserved_slots, available_slots, knownBefore } of seen) {
    expect(reserved_slots).toBe(taken.get(seq));
    expect(reserved_slots + available_slots).toBe(40);
    // Not older than what somebody had been told before it was asked for.
    expect(seq).toBeGreaterThanOrEqual(knownBefore);
  }
});
