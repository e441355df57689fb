import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readAvailability, readChanges, readReservation, readWaitlist } from '../../src/actor/client.ts';
import type { Action, Command } from '../../src/domain/commands.ts';
import type { CommandId, EventId, Principal, ReservationId } from '../../src/domain/model.ts';
import { newEventId } from '../../src/http/ids.ts';
import { alarmOf, rsvOf, send, stopTheClock, stubOf } from '../support/actor.ts';
import { admin, alice, bob, carol, details, dora, MINUTE, olga, otto, seats, T0 } from '../support/given.ts';

/** One event's life with every command in it. Whatever befalls the object between two of them, it answers the same. */

beforeEach(stopTheClock);
afterEach(() => void vi.useRealTimers());
vi.setConfig({ testTimeout: 60_000 });

interface Step {
  readonly who: Principal | null;
  readonly action: Action;
  /** Minutes that pass before it. */
  readonly after?: number;
  /** The client's Idempotency-Key, and what its body comes down to. */
  readonly key?: readonly [key: string, fingerprint: string];
}

type OnReservation = Exclude<Extract<Action, { reservationId: ReservationId }>, { type: 'reserve' }>;
type Rest<A> = A extends OnReservation ? Omit<A, 'reservationId'> : never;

function script(id: EventId): Step[] {
  const r = (n: number) => rsvOf(id, n);
  const to = (n: number, who: Principal, rest: Rest<OnReservation>, after = 0): Step => ({
    ...{ who, after },
    action: { ...rest, reservationId: r(n) } as OnReservation,
  });
  const join = (n: number, who: Principal, quantity: number): Step => ({
    who,
    action: seats(r(n), { quantity, onFull: 'waitlist' }),
  });
  const resize = (quantity: number) => ({ type: 'change_quantity', quantity, ifVersion: null }) as const;
  const confirm = (reacquire: boolean) => ({ type: 'confirm', reacquire }) as const;
  const scan = (ticketCode: string, nonce: string) => ({ type: 'check_in', ticketCode, quantity: 1, nonce }) as const;
  const keyed = (n: number, fingerprint: string): Step => ({
    ...{ who: bob, key: ['a key', fingerprint] },
    action: seats(r(n)),
  });
  const organizer = (action: Action): Step => ({ who: olga, action });
  return [
    organizer({ type: 'create_event', details: details({ capacity: 4 }), status: 'draft' }),
    organizer({ type: 'publish_event' }),
    { who: alice, action: seats(r(1), { quantity: 2, status: 'pending' }) },
    to(1, alice, { type: 'extend' }, 5),
    { who: bob, action: seats(r(2), { quantity: 2 }) },
    join(3, carol, 2),
    join(4, dora, 1),
    to(4, dora, resize(2)),
    { who: admin, action: seats(r(5)) },
    to(1, alice, confirm(false)),
    to(2, bob, { type: 'offer_transfer', to: otto.userId }),
    to(2, otto, { type: 'withdraw_transfer' }),
    to(2, bob, { type: 'offer_transfer', to: otto.userId }),
    to(2, otto, { type: 'accept_transfer', ticketCode: 'a new ticket' }),
    to(2, olga, scan(`ticket of ${r(2)}`, 'a')),
    to(1, olga, scan(`ticket of ${r(1)}`, 'a')),
    to(1, olga, scan(`ticket of ${r(1)}`, 'a')),
    to(1, olga, scan(`ticket of ${r(1)}`, 'b')),
    to(1, olga, scan(`ticket of ${r(1)}`, 'c')),
    to(1, olga, { type: 'undo_check_in' }),
    to(1, alice, resize(1)),
    to(2, otto, { type: 'cancel' }),
    to(2, otto, { type: 'reactivate' }),
    organizer({ type: 'edit_event', changes: { capacity: 6 }, ifVersion: null }),
    { who: admin, action: seats(r(6), { status: 'pending' }) },
    to(6, admin, confirm(false), 15),
    to(6, admin, confirm(true)),
    to(4, dora, { type: 'delete_reservation', ifVersion: null }),
    { who: null, action: { type: 'settle' } },
    to(3, carol, { type: 'cancel' }),
    to(3, carol, { type: 'reactivate' }),
    keyed(7, 'one seat'),
    keyed(8, 'one seat'),
    keyed(9, 'two seats'),
    organizer({ type: 'delete_event', ifVersion: null }),
    organizer({ type: 'cancel_event' }),
    to(1, alice, { type: 'cancel' }),
    organizer({ type: 'delete_event', ifVersion: null }),
  ];
}

/** Everything that the actor's strong reads say now. */
async function reads(id: EventId): Promise<unknown> {
  const each = Array.from({ length: 9 }, (_, index) => readReservation(env, rsvOf(id, index + 1), olga));
  return [
    await readAvailability(env, id, olga),
    await readWaitlist(env, id, olga, 0, 100),
    ...(await Promise.all(each)),
  ];
}

type Between = (id: EventId, resend: () => Promise<unknown>) => Promise<void>;

/** Plays the script on a new event, with `between` after every step; gives all answers, reads and facts. */
async function play(between: Between) {
  const id = newEventId();
  const answers: unknown[] = [];
  const seen: unknown[] = [];
  vi.setSystemTime(T0);
  let facts: unknown = null;
  for (const [n, { who, action, after = 0, key }] of script(id).entries()) {
    vi.setSystemTime(Date.now() + after * MINUTE);
    const named: Command = { ...action, id: `cmd_${n}` as CommandId, eventId: id, principal: who };
    const command = key ? { ...named, idempotency: { key: key[0], fingerprint: key[1] } } : named;
    const ask = async () => (await send(id, command)).outcomes[0];
    answers.push(await ask());
    await between(id, async () => expect(await ask()).toEqual(answers.at(-1)));
    seen.push(await reads(id));
    const changes = await readChanges(env, id, olga, 0, 1_000);
    if (changes.ok) facts = changes.value;
  }
  // Ids are fresh each time.
  const told = JSON.parse(JSON.stringify({ answers, seen, facts }).replaceAll(id.slice(4), 'ID')) as {
    answers: { kind: string }[];
    seen: unknown[];
    facts: unknown[];
  };
  return told;
}

/** The same but for the numbers of facts: an alarm writes down earlier what a command would have. */
function unnumbered(told: unknown): unknown {
  return JSON.parse(JSON.stringify(told, (key, value) => (key === 'seq' || key === 'queueSeq' ? null : value)));
}

const evict: Between = (id) => evictDurableObject(stubOf(id));
const abort: Between = () => abortAllDurableObjects();
const undisturbed: Between = async () => undefined;

it('uses every command, and meets rejections', async () => {
  const types: { [T in Action['type']]: true } = {
    create_event: true,
    edit_event: true,
    publish_event: true,
    cancel_event: true,
    delete_event: true,
    reserve: true,
    confirm: true,
    extend: true,
    cancel: true,
    reactivate: true,
    change_quantity: true,
    offer_transfer: true,
    withdraw_transfer: true,
    accept_transfer: true,
    check_in: true,
    undo_check_in: true,
    delete_reservation: true,
    settle: true,
  };
  const used = new Set(script(newEventId()).map(({ action }) => action.type));
  expect([...used].sort()).toEqual(Object.keys(types).sort());
  const { answers } = await play(undisturbed);
  const refused = answers.flatMap((answer) =>
    'rejection' in answer ? (answer.rejection as { code: string }).code : [],
  );
  expect(refused).toEqual([
    'sold_out',
    'ticket_unknown',
    'already_checked_in',
    'sold_out',
    'hold_expired',
    'idempotency_key_reused',
    'event_has_reservations',
  ]);
});

it.each([
  ['evicted', evict],
  ['killed', abort],
  [
    'killed, and every command sent again',
    async (id: EventId, resend: () => Promise<unknown>) => {
      await abort(id, resend);
      await resend();
    },
  ],
])('answers the same when it is %s between any two steps', async (_, between) => {
  expect(await play(between)).toEqual(await play(undisturbed));
});

/** Runs the alarm if it is due, so many times. */
const ring =
  (times: number): Between =>
  async (id) => {
    for (let n = 0; n < times; n += 1) {
      const due = await alarmOf(id);
      if (due !== null && due <= Date.now()) await runDurableObjectAlarm(stubOf(id));
    }
  };

/** Runs it whether it is due or not. */
const ringAnyway: Between = (id) => runDurableObjectAlarm(stubOf(id)).then(() => undefined);

it('answers the same whether its alarm comes on time, twice, too early or not at all', async () => {
  const { answers, seen } = unnumbered(await play(undisturbed)) as { answers: unknown; seen: unknown };
  for (const between of [ring(1), ring(2), ringAnyway]) {
    expect(unnumbered(await play(between))).toMatchObject({ answers, seen });
  }
});

it('promotes the same parties however late its alarm is', async () => {
  const promotedAt = async (lateBy: number) => {
    vi.setSystemTime(T0);
    const id = newEventId();
    const reserve = (n: number, who: Principal, quantity: number, status?: 'pending') =>
      send(id, {
        ...seats(rsvOf(id, n), { quantity, onFull: 'waitlist', ...(status && { status }) }),
        ...{ id: `cmd_${n}` as CommandId, eventId: id, principal: who },
      });
    const create: Action = { type: 'create_event', details: details({ capacity: 3 }), status: 'published' };
    await send(id, { ...create, id: 'cmd_0' as CommandId, eventId: id, principal: olga });
    await reserve(1, alice, 2, 'pending');
    await reserve(2, bob, 3);
    await reserve(3, carol, 2);
    await reserve(4, dora, 1);
    vi.setSystemTime(T0 + 15 * MINUTE + lateBy);
    await runDurableObjectAlarm(stubOf(id));
    await runDurableObjectAlarm(stubOf(id));
    const views = await Promise.all([1, 2, 3, 4].map((n) => readReservation(env, rsvOf(id, n), olga)));
    return views.map((read) => (read.ok ? [read.value.reservation.status, read.value.waitlistPosition] : null));
  };
  const onTime = await promotedAt(0);
  expect(onTime).toEqual([
    ['expired', null],
    ['waitlisted', 1],
    ['confirmed', null],
    ['confirmed', null],
  ]);
  expect(await promotedAt(40 * MINUTE)).toEqual(onTime);
});
