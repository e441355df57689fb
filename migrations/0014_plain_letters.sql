-- Letters that Unicode doesn't take apart, and accents outside of Latin, count for nothing in searches either: "wroclaw"
-- finds Wrocław. PLAIN_LETTERS of src/http/search.ts does the same to what is searched for. Another letter is a row here,
-- an entry there, and a 'rebuild' of the four indexes of words.
CREATE TABLE plain_letters (n INTEGER PRIMARY KEY, letter TEXT NOT NULL, plain TEXT NOT NULL) STRICT;
INSERT INTO plain_letters (letter, plain) VALUES
  ('ł', 'l'), ('Ł', 'l'), ('ø', 'o'), ('Ø', 'o'), ('ǿ', 'o'), ('Ǿ', 'o'), ('đ', 'd'), ('Đ', 'd'), ('ð', 'd'),
  ('Ð', 'd'), ('þ', 'th'), ('Þ', 'th'), ('æ', 'ae'), ('Æ', 'ae'), ('ǽ', 'ae'), ('Ǽ', 'ae'), ('œ', 'oe'),
  ('Œ', 'oe'), ('ß', 'ss'), ('ẞ', 'ss'), ('ħ', 'h'), ('Ħ', 'h'), ('ŧ', 't'), ('Ŧ', 't'), ('ı', 'i'), ('ά', 'α'),
  ('Ά', 'α'), ('έ', 'ε'), ('Έ', 'ε'), ('ή', 'η'), ('Ή', 'η'), ('ί', 'ι'), ('Ί', 'ι'), ('ϊ', 'ι'), ('Ϊ', 'ι'),
  ('ΐ', 'ι'), ('ό', 'ο'), ('Ό', 'ο'), ('ύ', 'υ'), ('Ύ', 'υ'), ('ϋ', 'υ'), ('Ϋ', 'υ'), ('ΰ', 'υ'), ('ώ', 'ω'),
  ('Ώ', 'ω'), ('ς', 'σ'), ('ё', 'е'), ('Ё', 'е');

DROP TRIGGER events_inserted;
DROP TRIGGER events_reworded;
DROP TRIGGER events_removed;
DROP TRIGGER venues_inserted;
DROP TRIGGER venues_reworded;
DROP TRIGGER venues_removed;
DROP TRIGGER attendees_inserted;
DROP TRIGGER attendees_renamed;
DROP TRIGGER attendees_removed;
DROP TABLE events_fts;
DROP TABLE venues_fts;
DROP TABLE attendees_fts;

CREATE TRIGGER events_tagged AFTER INSERT ON events BEGIN
  INSERT INTO event_tags (tag, event_num) SELECT DISTINCT value, new.num FROM json_each(new.tags);
END;

CREATE TRIGGER events_untagged AFTER DELETE ON events BEGIN
  DELETE FROM event_tags WHERE event_num = old.num;
END;

-- What the indexes hold. They forget a row's words before it changes, while these views still tell them; most updates of
-- events only move seat counts and must not touch them.

CREATE VIEW events_words AS SELECT num,
  (WITH RECURSIVE folding (text, n) AS (
    SELECT title, 0
    UNION ALL
    SELECT replace(text, letter, plain), plain_letters.n FROM folding JOIN plain_letters
      ON plain_letters.n = (SELECT min(n) FROM plain_letters WHERE n > folding.n AND instr(text, letter) > 0)
  ) SELECT text FROM folding ORDER BY n DESC LIMIT 1) AS title,
  (WITH RECURSIVE folding (text, n) AS (
    SELECT tags, 0
    UNION ALL
    SELECT replace(text, letter, plain), plain_letters.n FROM folding JOIN plain_letters
      ON plain_letters.n = (SELECT min(n) FROM plain_letters WHERE n > folding.n AND instr(text, letter) > 0)
  ) SELECT text FROM folding ORDER BY n DESC LIMIT 1) AS tags,
  (WITH RECURSIVE folding (text, n) AS (
    SELECT description, 0
    UNION ALL
    SELECT replace(text, letter, plain), plain_letters.n FROM folding JOIN plain_letters
      ON plain_letters.n = (SELECT min(n) FROM plain_letters WHERE n > folding.n AND instr(text, letter) > 0)
  ) SELECT text FROM folding ORDER BY n DESC LIMIT 1) AS description
FROM events;

CREATE VIRTUAL TABLE events_fts USING fts5 (
  title, tags, description,
  content = 'events_words', content_rowid = 'num',
  tokenize = 'porter unicode61 remove_diacritics 2'
);

INSERT INTO events_fts (events_fts) VALUES ('rebuild');

-- A beginning is one of the word itself, not of its stem: of "security" that is only "secur".
CREATE VIRTUAL TABLE events_fts_beginnings USING fts5 (
  title, tags, description,
  content = 'events_words', content_rowid = 'num',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

INSERT INTO events_fts_beginnings (events_fts_beginnings) VALUES ('rebuild');

CREATE TRIGGER events_words_inserted AFTER INSERT ON events BEGIN
  INSERT INTO events_fts (rowid, title, tags, description)
    SELECT num, title, tags, description FROM events_words WHERE num = new.num;
  INSERT INTO events_fts_beginnings (rowid, title, tags, description)
    SELECT num, title, tags, description FROM events_words WHERE num = new.num;
END;

CREATE TRIGGER events_words_before_update BEFORE UPDATE OF title, tags, description ON events
WHEN old.title <> new.title OR old.tags <> new.tags OR old.description <> new.description BEGIN
  INSERT INTO events_fts (events_fts, rowid, title, tags, description)
    SELECT 'delete', num, title, tags, description FROM events_words WHERE num = old.num;
  INSERT INTO events_fts_beginnings (events_fts_beginnings, rowid, title, tags, description)
    SELECT 'delete', num, title, tags, description FROM events_words WHERE num = old.num;
END;

CREATE TRIGGER events_words_after_update AFTER UPDATE OF title, tags, description ON events
WHEN old.title <> new.title OR old.tags <> new.tags OR old.description <> new.description BEGIN
  INSERT INTO events_fts (rowid, title, tags, description)
    SELECT num, title, tags, description FROM events_words WHERE num = new.num;
  INSERT INTO events_fts_beginnings (rowid, title, tags, description)
    SELECT num, title, tags, description FROM events_words WHERE num = new.num;
END;

CREATE TRIGGER events_words_deleted BEFORE DELETE ON events BEGIN
  INSERT INTO events_fts (events_fts, rowid, title, tags, description)
    SELECT 'delete', num, title, tags, description FROM events_words WHERE num = old.num;
  INSERT INTO events_fts_beginnings (events_fts_beginnings, rowid, title, tags, description)
    SELECT 'delete', num, title, tags, description FROM events_words WHERE num = old.num;
END;

CREATE VIEW venues_words AS SELECT num,
  (WITH RECURSIVE folding (text, n) AS (
    SELECT name || ' ' || location, 0
    UNION ALL
    SELECT replace(text, letter, plain), plain_letters.n FROM folding JOIN plain_letters
      ON plain_letters.n = (SELECT min(n) FROM plain_letters WHERE n > folding.n AND instr(text, letter) > 0)
  ) SELECT text FROM folding ORDER BY n DESC LIMIT 1) AS words
FROM venues;

CREATE VIRTUAL TABLE venues_fts USING fts5 (
  words,
  content = 'venues_words', content_rowid = 'num',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

INSERT INTO venues_fts (venues_fts) VALUES ('rebuild');

CREATE TRIGGER venues_words_inserted AFTER INSERT ON venues BEGIN
  INSERT INTO venues_fts (rowid, words)
    SELECT num, words FROM venues_words WHERE num = new.num;
END;

CREATE TRIGGER venues_words_before_update BEFORE UPDATE OF name, location ON venues
WHEN old.name <> new.name OR old.location <> new.location BEGIN
  INSERT INTO venues_fts (venues_fts, rowid, words)
    SELECT 'delete', num, words FROM venues_words WHERE num = old.num;
END;

CREATE TRIGGER venues_words_after_update AFTER UPDATE OF name, location ON venues
WHEN old.name <> new.name OR old.location <> new.location BEGIN
  INSERT INTO venues_fts (rowid, words)
    SELECT num, words FROM venues_words WHERE num = new.num;
END;

CREATE TRIGGER venues_words_deleted BEFORE DELETE ON venues BEGIN
  INSERT INTO venues_fts (venues_fts, rowid, words)
    SELECT 'delete', num, words FROM venues_words WHERE num = old.num;
END;

CREATE VIEW attendees_words AS SELECT num,
  (WITH RECURSIVE folding (text, n) AS (
    SELECT first_name || ' ' || last_name || ' ' || email, 0
    UNION ALL
    SELECT replace(text, letter, plain), plain_letters.n FROM folding JOIN plain_letters
      ON plain_letters.n = (SELECT min(n) FROM plain_letters WHERE n > folding.n AND instr(text, letter) > 0)
  ) SELECT text FROM folding ORDER BY n DESC LIMIT 1) AS words
FROM attendees;

CREATE VIRTUAL TABLE attendees_fts USING fts5 (
  words,
  content = 'attendees_words', content_rowid = 'num',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

-- What is deleted must be gone from the index's pages too, not merely be marked as gone.
INSERT INTO attendees_fts (attendees_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO attendees_fts (attendees_fts) VALUES ('rebuild');

CREATE TRIGGER attendees_words_inserted AFTER INSERT ON attendees BEGIN
  INSERT INTO attendees_fts (rowid, words)
    SELECT num, words FROM attendees_words WHERE num = new.num;
END;

CREATE TRIGGER attendees_words_before_update BEFORE UPDATE OF first_name, last_name, email ON attendees BEGIN
  INSERT INTO attendees_fts (attendees_fts, rowid, words)
    SELECT 'delete', num, words FROM attendees_words WHERE num = old.num;
END;

CREATE TRIGGER attendees_words_after_update AFTER UPDATE OF first_name, last_name, email ON attendees BEGIN
  INSERT INTO attendees_fts (rowid, words)
    SELECT num, words FROM attendees_words WHERE num = new.num;
END;

CREATE TRIGGER attendees_words_deleted BEFORE DELETE ON attendees BEGIN
  INSERT INTO attendees_fts (attendees_fts, rowid, words)
    SELECT 'delete', num, words FROM attendees_words WHERE num = old.num;
END;
