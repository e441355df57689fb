-- Who did what when. Lines about events and reservations are projected from the actors' fact logs; all others are
-- written in one batch with the change that they tell of. They hold opaque ids and no personal data, so that they may
-- outlive the account. Rebuilding adds missing lines, nothing edits one, and retention deletes the oldest.
CREATE TABLE history (
  -- Begins with the instant, so lines sort by it; for a fact, what follows is made from its event and number
  -- (src/db/history.ts), so the same fact always has the same id and no line is written twice.
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  -- Who acted; null: time.
  user_id TEXT,
  -- Whose reservation or account it happened to, if that is not who acted.
  owner_id TEXT,
  action TEXT NOT NULL,
  subject_type TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  event_id TEXT,
  -- A JSON object.
  details TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each ends with the primary key, the order of all lists.
CREATE INDEX history_by_user ON history (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX history_by_owner ON history (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX history_by_event ON history (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX history_by_action ON history (action);
