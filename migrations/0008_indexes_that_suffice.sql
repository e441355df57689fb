-- What some lists took too long without (docs/decisions/0041-what-lists-cost.md).

-- With all that is asked of it in the index, an organizer's attendees are found without a look at each reservation.
DROP INDEX reservations_by_event_attendee;
CREATE INDEX reservations_by_event_attendee ON reservations (event_id, attendee_id, deleted_at)
  WHERE attendee_id IS NOT NULL;

-- The few accounts that are disabled.
CREATE INDEX users_disabled ON users (id) WHERE disabled_at IS NOT NULL;
