/**
 * The actor's own tables, as a ladder of migrations: append, never edit. `CHECK` and the unique index repeat the
 * domain's two central promises, so that neither a mistake in the rules nor one in this file oversells.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE schema (
    version INTEGER NOT NULL
  ) STRICT;
  INSERT INTO schema VALUES (0);

  CREATE TABLE event (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    record TEXT NOT NULL
  ) STRICT;

  CREATE TABLE totals (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    projected_seq INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    held INTEGER NOT NULL CHECK (held >= 0),
    confirmed INTEGER NOT NULL CHECK (confirmed >= 0),
    waitlisted INTEGER NOT NULL CHECK (waitlisted >= 0),
    watched_until INTEGER NOT NULL,
    CHECK (held + confirmed <= capacity)
  ) STRICT;
  INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0);

  -- Counters of all reservations, kept with each fact: an event of a million reservations is never counted anew.
  CREATE TABLE stock (
    name TEXT PRIMARY KEY,
    amount INTEGER NOT NULL CHECK (amount >= 0)
  ) STRICT, WITHOUT ROWID;

  INSERT INTO stock SELECT value, 0 FROM json_each('[
    "pending", "confirmed", "waitlisted", "cancelled", "expired", "pendingSeats", "confirmedSeats", "waitlistedSeats",
    "cancelledSeats", "expiredSeats", "checkedInSeats"
  ]');

  -- What happened on each day of the event's time zone.
  CREATE TABLE days (
    day TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    seats_taken INTEGER NOT NULL,
    seats_freed INTEGER NOT NULL,
    seats_checked_in INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE reservations (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    holder TEXT NOT NULL,
    user_id TEXT NOT NULL,
    attendee_id TEXT,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    status TEXT NOT NULL,
    expires_at INTEGER,
    confirmed_at INTEGER,
    cancelled_at INTEGER,
    cancelled_by TEXT,
    checked_in_at INTEGER,
    queue_seq INTEGER,
    passes INTEGER NOT NULL,
    extendable_until INTEGER,
    checked_in_quantity INTEGER NOT NULL,
    check_in_nonces TEXT NOT NULL,
    transfer_to TEXT,
    ticket_code TEXT NOT NULL,
    deleted_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE UNIQUE INDEX one_active_per_holder ON reservations (holder)
    WHERE status IN ('pending', 'confirmed', 'waitlisted');
  CREATE INDEX holds_by_deadline ON reservations (expires_at, id) WHERE status = 'pending';

  CREATE INDEX waitlist_in_order ON reservations (queue_seq) WHERE status = 'waitlisted';

  CREATE TABLE facts (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    reservation_id TEXT,
    actor_id TEXT,
    data TEXT NOT NULL
  ) STRICT;

  -- What was answered to commands that changed something, so that a retry gets the same answer.
  CREATE TABLE commands (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What was answered under a client's Idempotency-Key, committed with the effect.
  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    outcome TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_by_age ON idempotency (at);
  `,
  // Whose a reservation was at an earlier fact.
  "CREATE INDEX transfers ON facts (seq) WHERE type = 'reservation_transferred'",
  // With the quantity, so that parties larger than the event are passed over without reading their rows.
  `
  DROP INDEX waitlist_in_order;
  CREATE INDEX waitlist_in_order ON reservations (queue_seq, quantity) WHERE status = 'waitlisted';
  `,
  // The fact that created it, which says what was answered to the command; of those before, `commands` has the answer.
  'ALTER TABLE reservations ADD COLUMN created_seq INTEGER NOT NULL DEFAULT 0',
];
