-- What the waitlist, check-in and transfer add to a reservation.

ALTER TABLE reservations ADD COLUMN queue_seq INTEGER;
ALTER TABLE reservations ADD COLUMN checked_in_quantity INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reservations ADD COLUMN transfer_to TEXT;

CREATE INDEX reservations_by_queue ON reservations (event_id, queue_seq) WHERE status = 'waitlisted';
CREATE INDEX reservations_offered ON reservations (transfer_to, created_at, id) WHERE transfer_to IS NOT NULL;
