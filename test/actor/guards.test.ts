import { expect, it } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { type Needs, Store } from '../../src/actor/store.ts';
import type { Fact } from '../../src/domain/facts.ts';
import type { EventState, Principal, Reservation, ReservationId } from '../../src/domain/model.ts';
import { command, crowd, dump, inActor, tablesOf } from '../support/actor.ts';
import { alice, attendee, bob, carol, details, EVENT, HOUR, olga, rsv, seats, T0 } from '../support/given.ts';

/** Were the rules wrong, SQL itself would refuse to oversell; here it is asked to, past the rules. */

/** An event of three seats, two of them taken. */
async function almostFull(run: (storage: DurableObjectStorage, store: Store) => void): Promise<void> {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const create = { type: 'create_event', details: details({ capacity: 3 }), status: 'published' } as const;
    const two = seats(rsv(99), { quantity: 2 });
    execute(storage, store, [command(EVENT, olga, create), command(EVENT, alice, two)], T0, 0);
    run(storage, store);
  });
}

const ONE_RESERVATION: Needs = {
  reservationIds: [rsv(99)],
  holders: [],
  theirHolders: false,
  lapsed: 0,
  closing: 0,
  settling: 0,
  line: 0,
  capacities: [],
};

/** Saves a reservation as a mistaken domain might, with these totals. */
function saveWrongly(
  storage: DurableObjectStorage,
  store: Store,
  over: Partial<Reservation>,
  totals: EventState['totals'],
) {
  storage.transactionSync(() => {
    const state = store.load(ONE_RESERVATION, T0);
    const wrong = { ...(state.reservations.get(rsv(99)) as Reservation), ...over };
    state.reservations.set(wrong.id, wrong);
    state.totals = totals;
    state.seq += 1;
    const fact: Fact = {
      seq: state.seq,
      at: T0,
      actorId: null,
      type: 'reservation_confirmed',
      reservationId: wrong.id,
      data: {},
    };
    store.save(state, [fact], [], 0);
  });
}

it.each([
  ['more seats than there are', { userId: bob.userId }, { held: 0, confirmed: 4, waitlisted: 0 }, 'CHECK'],
  ['more seats held than there are', { userId: bob.userId }, { held: 2, confirmed: 2, waitlisted: 0 }, 'CHECK'],
  ['fewer than no seats', { userId: bob.userId }, { held: -1, confirmed: 2, waitlisted: 0 }, 'CHECK'],
  ['a second active reservation of a holder', {}, { held: 0, confirmed: 3, waitlisted: 0 }, 'UNIQUE'],
  ['a reservation of no seats', { userId: bob.userId, quantity: 0 }, { held: 0, confirmed: 2, waitlisted: 0 }, 'CHECK'],
] as const)('refuses %s, and writes none of it', async (_, over, totals, constraint) => {
  await almostFull((storage, store) => {
    const before = dump(storage);
    expect(() => saveWrongly(storage, store, { id: rsv(1), ...over }, totals)).toThrow(constraint);
    expect(dump(storage)).toEqual(before);
  });
});

it('lets reservations change hands in a ring within one batch', async () => {
  await almostFull((storage, store) => {
    const offer = (id: ReservationId, to: Principal) =>
      ({ type: 'offer_transfer', reservationId: id, to: to.userId }) as const;
    const accept = (id: ReservationId) => ({ type: 'accept_transfer', reservationId: id, ticketCode: 'new' }) as const;
    const batch = [command(EVENT, bob, seats(rsv(1))), command(EVENT, alice, offer(rsv(99), carol))];
    execute(storage, store, batch, T0, 0);
    const accepted = [command(EVENT, carol, accept(rsv(99))), command(EVENT, alice, accept(rsv(1)))];
    // Touched first: written first, while alice still has the other.
    const { outcomes } = execute(storage, store, [command(EVENT, bob, offer(rsv(1), alice)), ...accepted], T0, 0);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['reservation', 'reservation', 'reservation']);
    const holders = storage.sql.exec('SELECT id, holder FROM reservations ORDER BY id').toArray();
    expect(holders).toEqual([
      { id: rsv(1), holder: alice.userId },
      { id: rsv(99), holder: carol.userId },
    ]);
  });
});

it('ends more at once than one bound value can tell of', async () => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const create = { type: 'create_event', details: details({ capacity: 900 }), status: 'published' } as const;
    execute(storage, store, [command(EVENT, olga, create), ...crowd(EVENT, 900)], T0, 0);
    const nonces = Array.from({ length: 200 }, (_, index) => `${index}`.padStart(64, 'x'));
    storage.sql.exec('UPDATE reservations SET check_in_nonces = ?', JSON.stringify(nonces));
    const { outcomes } = execute(storage, store, [command(EVENT, olga, { type: 'cancel_event' })], T0, 0);
    expect(outcomes).toMatchObject([{ kind: 'event', view: { totals: { confirmed: 0 } } }]);
    const ended = storage.sql.exec("SELECT count(*) AS n FROM reservations WHERE status = 'cancelled'").one();
    expect(ended).toEqual({ n: 900 });
  });
});

it("frees a holder's place before another reservation takes it, whatever the order of the facts", async () => {
  await almostFull((storage, store) => {
    const state = store.load(ONE_RESERVATION, T0);
    const old = state.reservations.get(rsv(99)) as Reservation;
    state.reservations.set(rsv(1), { ...old, id: rsv(1) });
    state.reservations.set(rsv(99), { ...old, status: 'expired' });
    state.seq += 2;
    const fact = { at: T0, actorId: null, data: {} };
    const facts: Fact[] = [
      { ...fact, seq: state.seq - 1, type: 'reservation_confirmed', reservationId: rsv(1) },
      { ...fact, seq: state.seq, type: 'reservation_expired', reservationId: rsv(99) },
    ];
    storage.transactionSync(() => store.save(state, facts, [], 0));
    expect([rsv(1), rsv(99)].map((id) => store.reservation(id)?.status)).toEqual(['confirmed', 'expired']);
  });
});

it('refuses a fact under a number that is taken', async () => {
  await almostFull((storage) => {
    expect(() =>
      storage.sql.exec("INSERT INTO facts VALUES (2, 0, 'reservation_confirmed', null, null, '{}')"),
    ).toThrow('UNIQUE');
  });
});

it('refuses to shrink the capacity below what is taken, and totals without whole numbers', async () => {
  await almostFull((storage) => {
    expect(() => storage.sql.exec('UPDATE totals SET capacity = 1')).toThrow('CHECK');
    expect(() => storage.sql.exec('UPDATE totals SET held = 0.5')).toThrow('cannot store');
  });
});

it('rolls a whole batch back when its last command breaks, and goes on as before', async () => {
  await almostFull((storage, store) => {
    const before = dump(storage);
    const good = command(EVENT, bob, seats(rsv(1)));
    const bad = command(EVENT, olga, { type: 'create_event', details: details(), status: 'draft' });
    expect(() => execute(storage, store, [good, bad], T0, 0)).toThrow('exists already');
    expect(dump(storage)).toEqual(before);
    expect(execute(storage, store, [good], T0, 0).outcomes).toMatchObject([{ kind: 'reservation' }]);
  });
});

it('decides on what was committed after a transaction broke that had saved already', async () => {
  await almostFull((storage, store) => {
    // What is counted last no longer can be.
    storage.sql.exec('ALTER TABLE days RENAME TO gone');
    expect(() => execute(storage, store, [command(EVENT, bob, seats(rsv(1)))], T0, 0)).toThrow('no such table: days');
    storage.sql.exec('ALTER TABLE gone RENAME TO days');
    expect(store.view()).toMatchObject({ seq: 2, totals: { confirmed: 2 } });
    const { outcomes } = execute(storage, store, [command(EVENT, carol, seats(rsv(3)))], T0, 0);
    expect(outcomes).toMatchObject([{ kind: 'reservation', seq: 3 }]);
  });
});

it('has nothing to forget of what a transaction answered that broke', async () => {
  await almostFull((storage, store) => {
    store.answers.prune(T0, T0, 10);
    expect(store.answers.nextPruneAt(HOUR, HOUR)).toBeNull();
    const cancel = () =>
      execute(storage, store, [command(EVENT, alice, { type: 'cancel', reservationId: rsv(99) })], T0, 0);
    storage.sql.exec('ALTER TABLE days RENAME TO gone');
    expect(cancel).toThrow('no such table: days');
    storage.sql.exec('ALTER TABLE gone RENAME TO days');
    expect(store.answers.nextPruneAt(HOUR, HOUR)).toBeNull();
    cancel();
    expect(store.answers.nextPruneAt(HOUR, HOUR)).toBe(T0 + HOUR);
  });
});

it('leaves no tables behind when the batch that creates the event breaks', async () => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const create = () => command(EVENT, olga, { type: 'create_event', details: details(), status: 'published' });
    expect(() => execute(storage, store, [create(), create()], T0, 0)).toThrow('exists already');
    expect(tablesOf(storage)).toEqual([]);
    expect(store.isOpen()).toBe(false);
    const [first, ...rest] = crowd(EVENT, 2);
    expect(execute(storage, store, [create(), ...(first ? [first] : []), ...rest], T0, 0).added).toBe(3);
    expect(store.view()?.totals.confirmed).toBe(2);
  });
});

it('starts afresh after the very first transaction was rolled back by SQL', async () => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const create = (capacity: number) => {
      const action = { type: 'create_event', details: details({ capacity }), status: 'published' } as const;
      return execute(storage, store, [command(EVENT, olga, action)], T0, 0);
    };
    expect(() => create(1.5)).toThrow('cannot store');
    expect(tablesOf(storage)).toEqual([]);
    expect(store.view()).toBeNull();
    expect(create(2).added).toBe(1);
  });
});

it('aborts the batch when the totals would break an invariant of the domain', async () => {
  await almostFull((storage, store) => {
    storage.sql.exec('UPDATE totals SET held = 0, confirmed = 0');
    const cancel = command(EVENT, alice, { type: 'cancel', reservationId: rsv(99) });
    // A store remembers what it saved last; another one reads what stands there now.
    expect(() => execute(storage, new Store(storage), [cancel], T0, 0)).toThrow(
      'broken invariant: totals are not negative',
    );
    expect(store.reservation(rsv(99))?.status).toBe('confirmed');
  });
});

it('counts an attendee and a user apart, as holders', async () => {
  await almostFull((storage, store) => {
    const guest = command(EVENT, alice, seats(rsv(1), { attendeeId: attendee(1) }));
    expect(execute(storage, store, [guest], T0, 0).outcomes).toMatchObject([{ kind: 'reservation' }]);
  });
});

it.each([
  0,
  -1,
  1.5,
  Number.NaN,
  101,
])('breaks rather than takes %d seats, which the Worker never asks for', async (quantity) => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const roomy = details({ capacity: 1_000, maxQuantity: 1_000 });
    const create = { type: 'create_event', details: roomy, status: 'published' } as const;
    execute(storage, store, [command(EVENT, olga, create)], T0, 0);
    const before = dump(storage);
    expect(() => execute(storage, store, [command(EVENT, alice, seats(rsv(1), { quantity }))], T0, 0)).toThrow();
    expect(dump(storage)).toEqual(before);
  });
});
