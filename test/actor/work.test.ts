import { expect, it } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { Store } from '../../src/actor/store.ts';
import type { Action, Command } from '../../src/domain/commands.ts';
import type { CommandId, Instant, Principal } from '../../src/domain/model.ts';
import { inActor } from '../support/actor.ts';
import { attendee, bob, details, EVENT, HOUR, MINUTE, olga, rsv, seats, T0 } from '../support/given.ts';

/** What one event costs must not grow with all that it has seen. */

let count = 0;
function command(principal: Principal | null, action: Action): Command {
  count += 1;
  return { ...action, id: `cmd_${count}` as CommandId, eventId: EVENT, principal };
}

/** A storage that counts the rows that SQL reads, and notes the queries. */
function counting(storage: DurableObjectStorage) {
  const queries = new Set<string>();
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const sql = new Proxy(storage.sql, {
    get: (target, name) => {
      if (name !== 'exec') return Reflect.get(target, name);
      return (query: string, ...bindings: unknown[]) => {
        const cursor = target.exec(query, ...bindings);
        cursors.push(cursor);
        queries.add(query);
        return cursor;
      };
    },
  });
  const rowsRead = () => cursors.splice(0).reduce((sum, cursor) => sum + cursor.rowsRead, 0);
  return { sql, rowsRead, queries };
}

const ENDED = 3_000;
const settle: Action = { type: 'settle' };

/** An event with thousands of ended reservations, and ten active ones after them. */
async function afterLongLife(run: (ask: (at: Instant, ...commands: Command[]) => number) => void): Promise<void> {
  await inActor(({ storage }) => {
    const { sql, rowsRead } = counting(storage);
    const store = new Store({ sql, transactionSync: (work) => storage.transactionSync(work) });
    const ask = (at: Instant, ...commands: Command[]) => {
      rowsRead();
      execute(storage, store, commands, at, 0);
      return rowsRead();
    };
    ask(T0, command(olga, { type: 'create_event', details: details({ capacity: 100_000 }), status: 'published' }));
    for (let n = 0; n < ENDED; n += 1_000) {
      const ids = Array.from({ length: 1_000 }, (_, index) => n + index);
      ask(T0, ...ids.map((id) => command(bob, seats(rsv(id), { attendeeId: attendee(id) }))));
      ask(T0, ...ids.map((id) => command(bob, { type: 'cancel', reservationId: rsv(id) })));
    }
    const last = Array.from({ length: 10 }, (_, index) => ENDED + index);
    ask(T0, ...last.map((id) => command(bob, seats(rsv(id), { attendeeId: attendee(id), status: 'pending' }))));
    run(ask);
  });
}

it('reads no ended reservations to reserve, to settle or to cancel the event', async () => {
  await afterLongLife((ask) => {
    expect(ask(T0 + MINUTE, command(bob, seats(rsv(9_000))))).toBeLessThan(30);
    expect(ask(T0 + MINUTE, command(null, settle))).toBeLessThan(30);
    expect(ask(T0 + MINUTE, command(olga, { type: 'cancel_event' }))).toBeLessThan(100);
    expect(ask(T0 + HOUR, command(null, settle))).toBeLessThan(30);
  });
});

it('reads no row of a party that is set aside, only where it stands', async () => {
  await inActor(({ storage }) => {
    const { sql, rowsRead, queries } = counting(storage);
    const store = new Store({ sql, transactionSync: (work) => storage.transactionSync(work) });
    const ask = (...commands: Command[]) => {
      rowsRead();
      execute(storage, store, commands, T0, 0);
      return rowsRead();
    };
    ask(command(olga, { type: 'create_event', details: details({ capacity: 3 }), status: 'published' }));
    const party = (n: number, quantity: number) =>
      command(bob, seats(rsv(n), { attendeeId: attendee(n), quantity, onFull: 'waitlist' }));
    ask(party(0, 1), ...Array.from({ length: 500 }, (_, index) => party(1 + index, 3)));
    ask(command(olga, { type: 'edit_event', changes: { capacity: 2 }, ifVersion: null }));
    expect(ask(command(bob, seats(rsv(1_000))))).toBeLessThan(500 + 30);
    const line = [...queries].find((query) => query.includes('ORDER BY queue_seq')) ?? '';
    const plan = storage.sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${line}`, 2, 100).toArray();
    expect(plan.map(({ detail }) => detail)).toContain('SCAN reservations USING COVERING INDEX waitlist_in_order');
  });
});

it('leaves the rest of a batch to later transactions where each command ends so many holds that all are read anew', async () => {
  await inActor(({ storage }) => {
    const store = new Store(storage);
    const ask = (at: Instant, ...commands: Command[]) => execute(storage, store, commands, at, 0).outcomes;
    const party = (n: number, more: Parameters<typeof seats>[1]) =>
      command(bob, seats(rsv(n), { ...more, attendeeId: attendee(n) }));
    const holds = Array.from({ length: 3_000 }, (_, n) => party(n, { status: 'pending' }));
    const line = Array.from({ length: 30 }, (_, n) => party(3_000 + n, { onFull: 'waitlist' }));
    ask(T0, command(olga, { type: 'create_event', details: details({ capacity: 3_000 }), status: 'published' }));
    for (let n = 0; n < 3_000; n += 1_000) ask(T0, ...holds.slice(n, n + 1_000));
    expect(ask(T0, ...line.slice(0, 1))).toMatchObject([{ reservation: { status: 'waitlisted' } }]);
    const rest = line.slice(1);
    expect(ask(T0 + 16 * MINUTE, ...rest)).toHaveLength(10);
    for (let done = 10; done < rest.length; ) done += ask(T0 + 16 * MINUTE, ...rest.slice(done)).length;
    expect(store.view()?.totals).toMatchObject({ held: 3_000 - 100 * rest.length, waitlisted: 30 });
  });
});
