-- Venues and attendees: D1 is their system of record. And what admins need to find and to disable accounts.

CREATE TABLE venues (
  -- FTS5 needs a stable integer key.
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  owner_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- What names are sorted by (`sortKey` of src/http/text.ts).
  name_key TEXT NOT NULL,
  location TEXT NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity > 0),
  -- A JSON array of texts.
  facilities TEXT NOT NULL,
  -- ISO 3166-1 alpha-2.
  country_code TEXT NOT NULL,
  -- Past events keep showing a venue that is gone.
  deleted_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE INDEX venues_by_name ON venues (name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX venues_by_creation ON venues (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX venues_by_capacity ON venues (capacity, id) WHERE deleted_at IS NULL;
CREATE INDEX venues_by_owner ON venues (owner_id, name_key, id) WHERE deleted_at IS NULL;
-- Deleted ones too: their past events are still found by country.
CREATE INDEX venues_by_country ON venues (country_code, name_key, id);

CREATE VIRTUAL TABLE venues_fts USING fts5 (
  name, location,
  content = 'venues', content_rowid = 'num',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TRIGGER venues_inserted AFTER INSERT ON venues BEGIN
  INSERT INTO venues_fts (rowid, name, location) VALUES (new.num, new.name, new.location);
END;

CREATE TRIGGER venues_reworded AFTER UPDATE OF name, location ON venues
WHEN old.name <> new.name OR old.location <> new.location BEGIN
  INSERT INTO venues_fts (venues_fts, rowid, name, location) VALUES ('delete', old.num, old.name, old.location);
  INSERT INTO venues_fts (rowid, name, location) VALUES (new.num, new.name, new.location);
END;

CREATE TRIGGER venues_removed AFTER DELETE ON venues BEGIN
  INSERT INTO venues_fts (venues_fts, rowid, name, location) VALUES ('delete', old.num, old.name, old.location);
END;

-- People whom somebody registered. Deleting one deletes the row: reservations keep nothing but the opaque id.
CREATE TABLE attendees (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  -- The account that registered them; null: nobody was signed in.
  user_id TEXT,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  last_name_key TEXT NOT NULL,
  email TEXT NOT NULL,
  -- What must be unique (src/http/identifiers.ts).
  email_key TEXT NOT NULL UNIQUE,
  phone TEXT,
  -- YYYY-MM-DD.
  date_of_birth TEXT,
  -- Of the token that was given out at registration: SHA-256, base64url.
  edit_token_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE INDEX attendees_by_name ON attendees (last_name_key, id);
CREATE INDEX attendees_by_creation ON attendees (created_at, id);
CREATE INDEX attendees_by_user ON attendees (user_id, id) WHERE user_id IS NOT NULL;

CREATE VIRTUAL TABLE attendees_fts USING fts5 (
  first_name, last_name, email,
  content = 'attendees', content_rowid = 'num',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

-- What is deleted must be gone from the index's pages too, not merely be marked as gone.
INSERT INTO attendees_fts (attendees_fts, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER attendees_inserted AFTER INSERT ON attendees BEGIN
  INSERT INTO attendees_fts (rowid, first_name, last_name, email)
    VALUES (new.num, new.first_name, new.last_name, new.email);
END;

CREATE TRIGGER attendees_renamed AFTER UPDATE OF first_name, last_name, email ON attendees BEGIN
  INSERT INTO attendees_fts (attendees_fts, rowid, first_name, last_name, email)
    VALUES ('delete', old.num, old.first_name, old.last_name, old.email);
  INSERT INTO attendees_fts (rowid, first_name, last_name, email)
    VALUES (new.num, new.first_name, new.last_name, new.email);
END;

CREATE TRIGGER attendees_removed AFTER DELETE ON attendees BEGIN
  INSERT INTO attendees_fts (attendees_fts, rowid, first_name, last_name, email)
    VALUES ('delete', old.num, old.first_name, old.last_name, old.email);
END;

-- Who comes to an organizer's events, without walking all their reservations.
CREATE INDEX reservations_by_event_attendee ON reservations (event_id, attendee_id)
  WHERE deleted_at IS NULL AND attendee_id IS NOT NULL;

-- Null: may log in.
ALTER TABLE users ADD COLUMN disabled_at INTEGER;
CREATE INDEX users_by_role ON users (role, id);
