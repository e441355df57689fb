-- Accounts and their signed-in devices: D1 is their system of record.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  -- As the person writes them; the keys are what must be unique (src/http/identifiers.ts).
  username TEXT NOT NULL,
  username_key TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  -- A PHC string.
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('customer', 'organizer', 'admin')),
  organization_name TEXT,
  business_address TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK (role <> 'organizer' OR organization_name IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- One row per signed-in device: the chain of refresh tokens that began with one login, by the hash of its only token
-- that is not spent. Revoking is deleting. A spent token still names its family, so its reuse is noticed without
-- keeping it.
CREATE TABLE refresh_families (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_families_by_user ON refresh_families (user_id, expires_at);
