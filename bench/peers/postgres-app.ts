import { Pool } from 'pg';
import { newSecretCode } from '../../src/http/ids.ts';
import { addReservations, createPeer, type PeerReservation, type Reserve, servePeer } from './serve.ts';

/** Hono on Node with PostgreSQL, as a good engineer writes it today. */

/** Connections in all processes together: more only wait for the same row, fewer leave the flush idle. */
const CONNECTIONS = 24;
const UNIQUE_VIOLATION = '23505';

const LOCK = 'SELECT capacity, reserved FROM events WHERE id = $1 FOR UPDATE';
const TAKE = 'UPDATE events SET reserved = reserved + $2 WHERE id = $1';
const INSERT = `INSERT INTO reservations (id, event_id, user_id, quantity, status, ticket_code)
  VALUES (gen_random_uuid(), $1, $2, $3, 'confirmed', $4) RETURNING *`;
/** One statement takes the seats and makes the reservation; a second one of the same holder undoes both. */
const RESERVE = `
  WITH taken AS (
    UPDATE events SET reserved = reserved + $3 WHERE id = $1 AND reserved + $3 <= capacity RETURNING id
  )
  INSERT INTO reservations (id, event_id, user_id, quantity, status, ticket_code)
  SELECT gen_random_uuid(), id, $2, $3::int, 'confirmed', $4 FROM taken RETURNING *`;
const COLUMNS = 'id, title, description, tags, start_time, end_time, capacity, reserved AS reserved_slots';
const DETAIL = `SELECT ${COLUMNS} FROM events WHERE id = $1`;
const LIST = `SELECT ${COLUMNS} FROM events WHERE listed ORDER BY start_time, id LIMIT $1`;

type Row = Record<string, unknown>;

/** Locks the event's row, looks, writes, commits: four round trips with the lock held. */
function byLock(pool: Pool): Reserve {
  return async (eventId, userId, quantity) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<Row>({ name: 'lock', text: LOCK, values: [eventId] });
      const event = rows[0];
      const refused = event === undefined ? 'event_not_found' : 'sold_out';
      if (event === undefined || Number(event.reserved) + quantity > Number(event.capacity)) {
        await client.query('ROLLBACK');
        return refused;
      }
      await client.query({ name: 'take', text: TAKE, values: [eventId, quantity] });
      const values = [eventId, userId, quantity, newSecretCode()];
      const made = await client.query<Row>({ name: 'insert', text: INSERT, values });
      await client.query('COMMIT');
      return toReservation(made.rows[0] as Row);
    } catch (error) {
      await client.query('ROLLBACK');
      return onConflict(error);
    } finally {
      client.release();
    }
  };
}

/** One conditional statement, one round trip. */
function byCondition(pool: Pool): Reserve {
  return async (eventId, userId, quantity) => {
    try {
      const values = [eventId, userId, quantity, newSecretCode()];
      const { rows } = await pool.query<Row>({ name: 'reserve', text: RESERVE, values });
      return rows[0] === undefined ? 'sold_out' : toReservation(rows[0]);
    } catch (error) {
      return onConflict(error);
    }
  };
}

function onConflict(error: unknown): 'already_reserved' {
  if ((error as { code?: string }).code === UNIQUE_VIOLATION) return 'already_reserved';
  throw error;
}

function toReservation(row: Row): PeerReservation {
  return { ...row, created_at: (row.created_at as Date).toISOString() } as PeerReservation;
}

function toEvent(row: Row): Row {
  return { ...row, available_slots: Number(row.capacity) - Number(row.reserved_slots) };
}

await servePeer(async ({ DATABASE, PROCESSES }) => {
  const pool = new Pool({ connectionString: DATABASE, max: CONNECTIONS / Number(PROCESSES) });
  const app = createPeer();
  addReservations(app, '/lock', byLock(pool));
  addReservations(app, '/condition', byCondition(pool));
  app.get('/api/events/:id', async (c) => {
    const { rows } = await pool.query<Row>({ name: 'detail', text: DETAIL, values: [c.req.param('id')] });
    return rows[0] === undefined ? c.notFound() : c.json(toEvent(rows[0]));
  });
  app.get('/api/events', async (c) => {
    const limit = Math.min(Number(c.req.query('limit') ?? 25), 100);
    const { rows } = await pool.query<Row>({ name: 'list', text: LIST, values: [limit] });
    return c.json({ items: rows.map(toEvent), next_cursor: rows.at(-1)?.id ?? null });
  });
  return app;
});
