import { expect, it } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { MIGRATIONS } from '../../src/actor/schema.ts';
import { Store } from '../../src/actor/store.ts';
import type { Command } from '../../src/domain/commands.ts';
import { command, dump, inActor, wipe } from '../support/actor.ts';
import { alice, bob, carol, details, EVENT, MINUTE, olga, rsv, seats, T0 } from '../support/given.ts';

const taken = command(EVENT, alice, seats(rsv(1), { quantity: 2 }));
const commands: Command[] = [
  command(EVENT, olga, { type: 'create_event', details: details({ capacity: 3 }), status: 'published' }),
  taken,
  command(EVENT, bob, seats(rsv(2), { status: 'pending' })),
  command(EVENT, carol, seats(rsv(3), { quantity: 2, onFull: 'waitlist' })),
  command(EVENT, bob, { type: 'cancel', reservationId: rsv(2) }),
];

/** Runs with the storage of an event that has one reservation of each kind. */
async function busyEvent(run: (storage: DurableObjectStorage) => void): Promise<void> {
  await inActor(({ storage }) => {
    execute(storage, new Store(storage), commands, T0, 0);
    run(storage);
  });
}

/** Makes the tables what an earlier version of the code would have made of the same event. */
function takeBack(storage: DurableObjectStorage, version: number): void {
  const { sql } = storage;
  const { schema: _, ...now } = dump(storage);
  wipe(storage);
  for (const migration of MIGRATIONS.slice(0, version)) sql.exec(migration);
  sql.exec('DELETE FROM totals; DELETE FROM stock; UPDATE schema SET version = ?', version);
  for (const [table, rows] of Object.entries(now)) {
    const columns = sql.exec('SELECT name FROM pragma_table_info(?)', table).toArray();
    const names = columns.map(({ name }) => String(name));
    const insert = `INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`;
    for (const row of rows) sql.exec(insert, ...names.map((name) => row[name] ?? null));
  }
}

it.each([1, 2, 3])('keeps all that version %i had', async (version) => {
  await busyEvent((storage) => {
    const before = dump(storage);
    takeBack(storage, version);
    expect(new Store(storage).isOpen()).toBe(true);
    const reservations = before.reservations?.map((row) => ({ ...row, created_seq: 0 }));
    expect(dump(storage)).toEqual({ ...before, reservations });
    expect(before.reservations).toHaveLength(3);
  });
});

it('knows answers from before they were in the facts', async () => {
  await busyEvent((storage) => {
    const [before] = execute(storage, new Store(storage), [taken], T0, 0).outcomes;
    takeBack(storage, 3);
    const kept = JSON.stringify({ kind: 'created', seq: 2, waitlistPosition: null });
    storage.sql.exec('INSERT INTO commands VALUES (?, ?, ?)', taken.id, T0, kept);
    const late = execute(storage, new Store(storage), [taken], T0 + MINUTE, 0);
    expect(late).toEqual({ outcomes: [before], added: 0 });
    expect(before).toMatchObject({ kind: 'reservation', reservation: { id: rsv(1), quantity: 2 } });
  });
});

it('climbs the ladder all the way or not at all', async () => {
  await busyEvent((storage) => {
    takeBack(storage, 1);
    const indexes = () => storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'index'").toArray();
    storage.sql.exec('DROP INDEX waitlist_in_order');
    const before = indexes();
    expect(() => new Store(storage).isOpen()).toThrow('waitlist_in_order');
    expect(indexes()).toEqual(before);
    storage.sql.exec('CREATE INDEX waitlist_in_order ON reservations (queue_seq)');
    expect(new Store(storage).view()?.totals.confirmed).toBe(2);
    expect(indexes()).toContainEqual({ name: 'transfers' });
  });
});

it('leaves a schema alone that a later version of the code has made', async () => {
  await busyEvent((storage) => {
    storage.sql.exec('UPDATE schema SET version = version + 1');
    const before = dump(storage);
    expect(new Store(storage).view()?.totals.confirmed).toBe(2);
    expect(dump(storage)).toEqual(before);
  });
});
