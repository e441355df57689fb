-- How often an event's rows were written anew: then they may differ from before though nothing happened to the event.

ALTER TABLE events ADD COLUMN rebuilds INTEGER NOT NULL DEFAULT 0;
