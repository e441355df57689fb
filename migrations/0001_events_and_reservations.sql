-- The read model: written only by src/db/projection.ts from the actors' fact logs, and rebuilt from them at will.
-- `seq` is the event's fact number that a row reflects; an older one never overwrites a newer one.
-- Deleted rows stay as tombstones (`deleted_at`), so that a late projection can't bring them back.

CREATE TABLE events (
  -- FTS5 needs a stable integer key.
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  organizer_id TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  start_time INTEGER NOT NULL,
  end_time INTEGER NOT NULL,
  time_zone TEXT NOT NULL,
  capacity INTEGER NOT NULL,
  held INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  waitlisted INTEGER NOT NULL,
  status TEXT NOT NULL,
  venue_id TEXT,
  country_code TEXT,
  price_amount INTEGER,
  price_currency TEXT,
  tags TEXT NOT NULL,
  max_quantity INTEGER NOT NULL,
  requires_confirmation INTEGER NOT NULL,
  hold_ms INTEGER NOT NULL,
  reservations_open_at INTEGER,
  reservations_close_at INTEGER,
  cancel_until INTEGER,
  published_at INTEGER,
  deleted_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_start ON events (status, start_time, id) WHERE deleted_at IS NULL;
CREATE INDEX events_by_creation ON events (status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX events_by_organizer ON events (organizer_id, start_time, id) WHERE deleted_at IS NULL;
CREATE INDEX events_by_venue ON events (venue_id, start_time, id) WHERE deleted_at IS NULL AND venue_id IS NOT NULL;
CREATE INDEX events_by_country ON events (country_code, start_time, id)
  WHERE deleted_at IS NULL AND country_code IS NOT NULL;

CREATE TABLE event_tags (
  tag TEXT NOT NULL,
  event_num INTEGER NOT NULL,
  PRIMARY KEY (tag, event_num)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_tags_by_event ON event_tags (event_num);

CREATE VIRTUAL TABLE events_fts USING fts5 (
  title, tags, description,
  content = 'events', content_rowid = 'num',
  tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TRIGGER events_inserted AFTER INSERT ON events BEGIN
  INSERT INTO events_fts (rowid, title, tags, description) VALUES (new.num, new.title, new.tags, new.description);
  INSERT INTO event_tags (tag, event_num) SELECT DISTINCT value, new.num FROM json_each(new.tags);
END;

-- Most updates only move seat counts and must not touch the indexes of words and tags.
CREATE TRIGGER events_reworded AFTER UPDATE OF title, tags, description ON events
WHEN old.title <> new.title OR old.tags <> new.tags OR old.description <> new.description BEGIN
  INSERT INTO events_fts (events_fts, rowid, title, tags, description)
    VALUES ('delete', old.num, old.title, old.tags, old.description);
  INSERT INTO events_fts (rowid, title, tags, description) VALUES (new.num, new.title, new.tags, new.description);
END;

CREATE TRIGGER events_retagged AFTER UPDATE OF tags ON events WHEN old.tags <> new.tags BEGIN
  DELETE FROM event_tags WHERE event_num = old.num;
  INSERT INTO event_tags (tag, event_num) SELECT DISTINCT value, new.num FROM json_each(new.tags);
END;

CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN
  INSERT INTO events_fts (events_fts, rowid, title, tags, description)
    VALUES ('delete', old.num, old.title, old.tags, old.description);
  DELETE FROM event_tags WHERE event_num = old.num;
END;

CREATE TABLE reservations (
  id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  attendee_id TEXT,
  quantity INTEGER NOT NULL,
  status TEXT NOT NULL,
  expires_at INTEGER,
  confirmed_at INTEGER,
  cancelled_at INTEGER,
  cancelled_by TEXT,
  checked_in_at INTEGER,
  ticket_code TEXT NOT NULL,
  deleted_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX reservations_by_user ON reservations (user_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX reservations_by_event ON reservations (event_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX reservations_by_attendee ON reservations (attendee_id, created_at, id)
  WHERE deleted_at IS NULL AND attendee_id IS NOT NULL;
