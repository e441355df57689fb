-- Accounts whose rows are gone, while their reservations are being cancelled and access tokens may still be out.
CREATE TABLE closed_accounts (
  user_id TEXT PRIMARY KEY,
  closed_at INTEGER NOT NULL,
  -- When the rest of it was last worked on: the next in line is the one least recently seen to.
  checked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX closed_accounts_by_check ON closed_accounts (checked_at);

-- For what removes them.
CREATE INDEX refresh_families_by_expiry ON refresh_families (expires_at);
