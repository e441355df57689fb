import { firstIdAt } from '../../src/db/history.ts';

/** How much there is of everything: events and venues as in the conferences that the project is measured with. */
const CROWD = {
  events: 5_772,
  venues: 572,
  users: 20_000,
  attendees: 20_000,
  reservations: 60_000,
  lines: 100_000,
};

const HOUR_MS = 3_600_000;
const FIRST_NAME = "substr('AnnBenCatDanEveFayGusHalIvyJim', 1 + 3 * (n % 10), 3)";

/** The numbers from 1 on, as a table `numbers (n)`. */
function upTo(count: number): string {
  return `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`;
}

/** An id that sorts as its number does. */
function id(prefix: string, number: string): string {
  return `printf('${prefix}_%026d', ${number})`;
}

/** Of numbers that follow each other, ones that are spread: the same at every run. */
function spread(count: number): string {
  return `(n * 7919) % ${count}`;
}

/**
 * Fills D1 behind everybody's back. What lists ask for most is most uneven, as it is in life: one organizer has all
 * events, one country a quarter of the venues, one event a third of the reservations, with a long line.
 */
export async function crowdDatabase(database: D1Database, now: number): Promise<void> {
  await database.batch(
    [users(), venues(now), events(now), attendees(now), reservations(now), history(now)].map((sql) =>
      database.prepare(sql),
    ),
  );
}

function users(): string {
  const name = `lower(${FIRST_NAME})`;
  return `${upTo(CROWD.users)} INSERT INTO users (id, username, username_key, email, email_key, password_hash, role,
    organization_name, created_at, updated_at, disabled_at)
    SELECT ${id('usr', 'n')}, ${name} || n, ${name} || n, ${name} || n || '@example.com', ${name} || n || '@example.com', '',
      CASE WHEN n = 2 THEN 'admin' WHEN n % 50 = 1 THEN 'organizer' ELSE 'customer' END,
      'Ada & Co', n, n, CASE WHEN n = 3 THEN 1 END FROM numbers`;
}

function venues(now: number): string {
  return `${upTo(CROWD.venues)} INSERT INTO venues (id, owner_id, name, name_key, location, capacity, facilities,
    country_code, created_at, updated_at, version)
    SELECT ${id('ven', 'n')}, ${id('usr', '1')}, 'City ' || n, 'city ' || n, 'City ' || n || ', Somewhere', 100, '[]',
      CASE n % 4 WHEN 0 THEN 'US' ELSE substr('DEGBNLFRCAESITPLINAU', 1 + 2 * (n % 10), 2) END,
      ${now}, ${now}, 1 FROM numbers`;
}

/** An event every three hours, so that half of them are past and some go on now. */
function events(now: number): string {
  const start = `${now} + (${spread(CROWD.events)} - ${CROWD.events / 2}) * ${3 * HOUR_MS}`;
  const line = `'See https://conference.example/' || n || char(10) || 'Somewhere' || char(10) || 'Source record ' || n`;
  return `${upTo(CROWD.events)} INSERT INTO events (id, seq, organizer_id, title, description, start_time, end_time,
    time_zone, capacity, held, confirmed, waitlisted, status, venue_id, tags, max_quantity, requires_confirmation,
    hold_ms, published_at, created_at, updated_at, version)
    SELECT ${id('evt', 'n')}, 1, ${id('usr', '1')}, CASE n % 2 WHEN 0 THEN 'Conf ' ELSE 'Meeting ' END || n, ${line},
      ${start}, ${start} + ${8 * HOUR_MS}, 'UTC', 100, 0, CASE n % 10 WHEN 0 THEN 0 ELSE 100 END, 0,
      CASE n % 50 WHEN 0 THEN 'draft' WHEN 1 THEN 'cancelled' ELSE 'published' END,
      CASE WHEN n % 5 > 0 THEN ${id('ven', `1 + n % ${CROWD.venues}`)} END,
      CASE WHEN n % 5 < 2 THEN '["general"]' ELSE '["javascript","css"]' END, 10, 0, 900000, ${now},
      ${now} + n, ${now}, 1 FROM numbers`;
}

function attendees(now: number): string {
  return `${upTo(CROWD.attendees)} INSERT INTO attendees (id, user_id, first_name, last_name, last_name_key, email,
    email_key, edit_token_hash, created_at, updated_at, version)
    SELECT ${id('att', 'n')}, CASE WHEN n % 20 = 0 THEN ${id('usr', '1')} END,
      ${FIRST_NAME}, 'Name ' || ${spread(10_000)},
      'name ' || ${spread(10_000)}, 'mail-' || n || '@example.com', 'mail-' || n || '@example.com', '', ${now} + n, ${now}, 1
    FROM numbers`;
}

/** A third at one event, of which every fourth waits in its line; some hundred of one customer and of one attendee. */
function reservations(now: number): string {
  return `${upTo(CROWD.reservations)} INSERT INTO reservations (id, seq, event_id, user_id, attendee_id, quantity, status,
    ticket_code, created_at, updated_at, version, queue_seq, transfer_to)
    SELECT ${id('rsv', 'n')}, 1, ${id('evt', `CASE n % 3 WHEN 0 THEN 1 ELSE 1 + ${spread(CROWD.events)} END`)},
      ${id('usr', `CASE n % 100 WHEN 0 THEN 7 ELSE 1 + ${spread(CROWD.users)} END`)},
      CASE WHEN n % 4 = 0 THEN ${id('att', `CASE n % 200 WHEN 0 THEN 7 ELSE 1 + ${spread(CROWD.attendees)} END`)} END, 1,
      CASE WHEN n % 12 = 0 THEN 'waitlisted' WHEN n % 7 = 0 THEN 'cancelled' ELSE 'confirmed' END,
      'tkt_' || n, ${now} + n, ${now}, 1, CASE WHEN n % 12 = 0 THEN n END,
      CASE n % 90 WHEN 1 THEN ${id('usr', '7')} END FROM numbers`;
}

function history(now: number): string {
  return `${upTo(CROWD.lines)} INSERT INTO history (id, at, user_id, owner_id, action, subject_type, subject_id, event_id,
    details)
    SELECT '${firstIdAt(now)}' || printf('%016d', n), ${now}, ${id('usr', `CASE n % 5 WHEN 0 THEN 1 ELSE 1 + ${spread(CROWD.users)} END`)},
      CASE n % 3 WHEN 0 THEN ${id('usr', '1')} END, CASE n % 1000 WHEN 0 THEN 'logged_in' ELSE 'event_created' END,
      'event', ${id('evt', '1')}, CASE n % 2 WHEN 0 THEN ${id('evt', `1 + ${spread(CROWD.events)}`)} END, '{}'
    FROM numbers`;
}
