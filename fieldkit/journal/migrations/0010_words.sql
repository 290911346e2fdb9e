-- What one take's reply shows beside the picture. Appended; the latest row of a take counts.
CREATE TABLE words (
    entered     INTEGER PRIMARY KEY,
    take        TEXT NOT NULL REFERENCES takes (take),
    srt         BLOB,                          -- captions, as their file has them
    lower_third TEXT,
    at          TEXT NOT NULL
) STRICT;
CREATE INDEX words_by_take ON words (take, entered);

-- What shows other words is due again; a file that was sent stays at the store until somebody rejects it there.
CREATE TRIGGER words_given AFTER INSERT ON words BEGIN
    INSERT OR IGNORE INTO leftovers (path) SELECT path FROM renditions WHERE take = NEW.take AND profile = 'tweet';
    DELETE FROM receipts WHERE take = NEW.take AND profile = 'tweet';
    DELETE FROM passports WHERE take = NEW.take AND profile = 'tweet';
    DELETE FROM renditions WHERE take = NEW.take AND profile = 'tweet';
    DELETE FROM flights WHERE take = NEW.take AND profile = 'tweet';
    DELETE FROM refusals WHERE take = NEW.take AND station = 'render' AND profile IN ('', 'tweet');
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'words given', 'tweet');
END;
CREATE TRIGGER words_erased AFTER INSERT ON erasures BEGIN
    DELETE FROM words WHERE take = NEW.take;
END;
