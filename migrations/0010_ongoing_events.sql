-- Which events go on right now: those of each span began within the length of it, and most are short.
-- The last span is for what lasts longer than any other.

ALTER TABLE events ADD COLUMN span_ms INTEGER GENERATED ALWAYS AS (
  CASE
    WHEN end_time - start_time <= 86400000 THEN 86400000
    WHEN end_time - start_time <= 604800000 THEN 604800000
    WHEN end_time - start_time <= 2678400000 THEN 2678400000
    ELSE 9007199254740991
  END
) VIRTUAL;

CREATE INDEX events_by_span ON events (span_ms, start_time) WHERE deleted_at IS NULL;
