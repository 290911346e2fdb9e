-- What must be hidden of a take, and how. Appended, never taken back: the latest row of a take counts.
CREATE TABLE protections (
    entered         INTEGER PRIMARY KEY,
    take            TEXT NOT NULL REFERENCES takes (take),
    method          TEXT CHECK (method IN ('cover', 'audio-card', 'silhouette', 'hands')),  -- NULL: seen as filmed
    region          TEXT,                        -- 'X,Y,W,H' in per cent of the picture; NULL is all of it
    voice           TEXT CHECK (voice IN ('mute', 'revoice')),                              -- NULL: heard as recorded
    spoken          TEXT,                        -- another voice's recording, relative to the library
    spoken_sha256   TEXT CHECK (length(spoken_sha256) = 64),
    captions        TEXT,                        -- relative to the library
    captions_sha256 TEXT CHECK (length(captions_sha256) = 64),
    by              TEXT,                        -- a crew member's code
    at              TEXT NOT NULL,
    CHECK (method IS NOT NULL OR voice IS NOT NULL),
    CHECK ((voice IS 'revoice') = (spoken IS NOT NULL)),
    CHECK ((spoken IS NULL) = (spoken_sha256 IS NULL) AND (captions IS NULL) = (captions_sha256 IS NULL))
) STRICT;
CREATE INDEX protections_by_take ON protections (take, entered);

-- The protection that counts, and what it hides.
CREATE VIEW protected AS
    SELECT p.*, method IS NOT NULL AS face_hidden, voice IS NOT NULL AS voice_hidden FROM protections AS p
    WHERE entered = (SELECT max(entered) FROM protections WHERE take = p.take);

-- What must not be shown and nothing on record hides, now that something can.
DROP VIEW exposed;
CREATE VIEW exposed AS
    SELECT c.take, t.value AS trait
    FROM consent_now AS c CROSS JOIN json_each('["face", "voice"]') AS t
    WHERE instr(' ' || c.hidden || ' ', ' ' || t.value || ' ')
      AND NOT EXISTS (SELECT 1 FROM protected AS p WHERE p.take = c.take
                      AND CASE t.value WHEN 'face' THEN p.face_hidden ELSE p.voice_hidden END);

-- A protected rendition that nobody has signed for: no rendition yet, so nothing can send it.
CREATE TABLE drafts (
    take       TEXT NOT NULL REFERENCES originals (take) ON DELETE CASCADE,
    profile    TEXT NOT NULL,
    protection INTEGER NOT NULL,                 -- under which it was made
    path       TEXT NOT NULL UNIQUE,             -- relative to the library
    sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
    bytes      INTEGER NOT NULL CHECK (bytes > 0),
    seconds    REAL NOT NULL,
    width      INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    sheet      TEXT NOT NULL,                    -- its contact sheet, relative to the library
    passport   TEXT NOT NULL CHECK (json_valid(passport)),
    made_at    TEXT NOT NULL,
    shown_at   TEXT,                             -- when somebody was shown that sheet
    PRIMARY KEY (take, profile)
) STRICT;

-- That a person looked at exactly these bytes and answers for them.
CREATE TABLE signatures (
    entered    INTEGER PRIMARY KEY,
    take       TEXT NOT NULL REFERENCES takes (take),
    profile    TEXT NOT NULL,
    protection INTEGER NOT NULL,
    sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
    by         TEXT NOT NULL CHECK (length(by) > 0),
    at         TEXT NOT NULL
) STRICT;
CREATE INDEX signatures_by_take ON signatures (take, profile, sha256);

-- What a store had of a take in the open before it was protected.
CREATE TABLE slips (
    take       TEXT NOT NULL REFERENCES takes (take),
    profile    TEXT NOT NULL,
    sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
    store      TEXT NOT NULL,
    PRIMARY KEY (take, profile, sha256, store)
) STRICT;

-- Renditions that were dropped for a protection: what a store has of an unfinished upload is thrown away there.
CREATE TABLE recalled (
    tweet_id   TEXT NOT NULL,
    sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
    PRIMARY KEY (tweet_id, sha256)
) STRICT;

-- Files that no row speaks of any more and that must go; the row goes after the file.
CREATE TABLE leftovers (
    path       TEXT PRIMARY KEY                  -- relative to the library
) STRICT;

CREATE TRIGGER protections_never_change BEFORE UPDATE ON protections BEGIN SELECT RAISE(ABORT, 'protections are appended'); END;
CREATE TRIGGER signatures_never_change BEFORE UPDATE ON signatures BEGIN SELECT RAISE(ABORT, 'signatures never change'); END;
CREATE TRIGGER protections_stay BEFORE DELETE ON protections
    WHEN EXISTS (SELECT 1 FROM originals WHERE take = OLD.take) BEGIN
    SELECT RAISE(ABORT, 'protections are appended');
END;
CREATE TRIGGER nothing_hidden_is_shown_again BEFORE INSERT ON protections
    WHEN EXISTS (SELECT 1 FROM protected WHERE take = NEW.take
                 AND (face_hidden > (NEW.method IS NOT NULL) OR voice_hidden > (NEW.voice IS NOT NULL))) BEGIN
    SELECT RAISE(ABORT, 'what is hidden stays hidden');
END;

-- A protected take has no rendition but one that was signed under the protection that counts, and never its original.
CREATE TRIGGER nothing_unsigned_is_a_rendition BEFORE INSERT ON renditions
    WHEN EXISTS (SELECT 1 FROM protected AS p WHERE p.take = NEW.take AND (
        NEW.sha256 = (SELECT sha256 FROM originals WHERE take = NEW.take)
        OR NOT EXISTS (SELECT 1 FROM signatures AS s
                       WHERE s.take = NEW.take AND s.profile = NEW.profile AND s.sha256 = NEW.sha256
                         AND s.protection = p.entered))) BEGIN
    SELECT RAISE(ABORT, 'a protected take has no rendition that nobody signed');
END;

CREATE TRIGGER protection_recorded AFTER INSERT ON protections BEGIN
    INSERT OR IGNORE INTO slips (take, profile, sha256, store)
        SELECT take, profile, sha256, store FROM receipts AS x WHERE take = NEW.take
          AND NOT EXISTS (SELECT 1 FROM signatures WHERE take = x.take AND profile = x.profile AND sha256 = x.sha256);
    INSERT OR IGNORE INTO recalled (tweet_id, sha256)
        SELECT t.tweet_id, r.sha256 FROM renditions AS r JOIN takes AS t USING (take) WHERE take = NEW.take;
    DELETE FROM receipts WHERE take = NEW.take;
    DELETE FROM passports WHERE take = NEW.take;
    DELETE FROM renditions WHERE take = NEW.take;
    DELETE FROM drafts WHERE take = NEW.take;
    DELETE FROM flights WHERE take = NEW.take;      -- of 0009: what is being sent while it is encoded
    DELETE FROM refusals WHERE take = NEW.take AND station = 'render';
    INSERT INTO requeue (take) VALUES (NEW.take);
    INSERT INTO history (take, fact, detail)
    VALUES (NEW.take, 'protected', trim(coalesce(NEW.method || ' ', '') || coalesce(NEW.region || ' ', '') || coalesce(NEW.voice, '')));
END;
CREATE TRIGGER rendition_left_over AFTER DELETE ON renditions
    WHEN EXISTS (SELECT 1 FROM protections WHERE take = OLD.take) BEGIN
    INSERT OR IGNORE INTO leftovers (path) VALUES (OLD.path);
END;
CREATE TRIGGER draft_left_over AFTER DELETE ON drafts BEGIN
    INSERT OR IGNORE INTO leftovers (path) VALUES (OLD.path), (OLD.sheet);
END;
CREATE TRIGGER draft_not_left_over AFTER INSERT ON drafts BEGIN
    DELETE FROM leftovers WHERE path IN (NEW.path, NEW.sheet);
    INSERT INTO history (take, fact, detail)
    VALUES (NEW.take, 'protected rendition made', NEW.profile || ' ' || NEW.sha256);
END;
CREATE TRIGGER rendition_not_left_over AFTER INSERT ON renditions BEGIN
    DELETE FROM leftovers WHERE path = NEW.path;
END;
CREATE TRIGGER signed_for AFTER INSERT ON signatures BEGIN
    INSERT INTO history (take, fact, detail)
    VALUES (NEW.take, 'signed by ' || NEW.by, NEW.profile || ' ' || NEW.sha256);
END;
-- a take that is erased takes what protected it along
CREATE TRIGGER protection_erased AFTER DELETE ON originals BEGIN
    INSERT OR IGNORE INTO leftovers (path)
        SELECT spoken FROM protections WHERE take = OLD.take AND spoken IS NOT NULL
        UNION SELECT captions FROM protections WHERE take = OLD.take AND captions IS NOT NULL;
    DELETE FROM signatures WHERE take = OLD.take;
    DELETE FROM slips WHERE take = OLD.take;
    DELETE FROM protections WHERE take = OLD.take;
END;
