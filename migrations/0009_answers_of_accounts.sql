-- With which account an answer goes when the account is deleted: SHA-256 of its id. Null: the answer holds nothing personal,
-- or is nobody's.
ALTER TABLE idempotency_keys ADD COLUMN account TEXT;
CREATE INDEX idempotency_keys_by_account ON idempotency_keys (account) WHERE account IS NOT NULL;
