-- What was answered under a client's Idempotency-Key by routes whose record is D1, written in one batch with its
-- effect; and which id an event that is being created has, so that a retry reaches the same actor. Kept for 24 hours.
CREATE TABLE idempotency_keys (
  -- SHA-256 of the operation, the caller and the client's key.
  key TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  -- Encrypted (src/db/idempotency.ts), since answers hold tokens and personal data; an event's id is in the clear.
  answer TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);
