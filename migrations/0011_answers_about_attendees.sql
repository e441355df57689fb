-- With which attendee an answer goes when the attendee is forgotten: SHA-256 of the id. Null: the answer is about none.
ALTER TABLE idempotency_keys ADD COLUMN attendee TEXT;
CREATE INDEX idempotency_keys_by_attendee ON idempotency_keys (attendee) WHERE attendee IS NOT NULL;
