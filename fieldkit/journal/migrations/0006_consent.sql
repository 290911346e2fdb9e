-- What a speaker agreed to, in full summary; the table is made anew because a CHECK can't be changed.
-- Sets are words in alphabetical order with a space between. Nothing here says who anybody is.
CREATE TEMP TABLE earlier AS SELECT entered, take, state, language, manner, at FROM consents;
DROP VIEW consent_now;
DROP VIEW releasable;
DROP VIEW sendable;
DROP TABLE consents;
CREATE TABLE consents (
    entered      INTEGER PRIMARY KEY,
    take         TEXT NOT NULL REFERENCES takes (take),
    state        TEXT NOT NULL CHECK (state IN ('agreed', 'none', 'withdrawn')),
    language     TEXT,
    manner       TEXT CHECK (manner IN ('spoken', 'written', 'mark', 'witnessed')),
    heard_at     REAL,                          -- seconds into the take
    explained_by TEXT,                          -- a crew member's code, never a name
    interpreter  TEXT,
    told         TEXT NOT NULL DEFAULT '',
    scope        TEXT NOT NULL DEFAULT 'reply',
    age          TEXT NOT NULL DEFAULT 'adult' CHECK (age IN ('adult', 'minor', 'unknown')),
    guardian     INTEGER NOT NULL DEFAULT 0,
    assent       INTEGER NOT NULL DEFAULT 0,
    approved_by  TEXT,
    hidden       TEXT NOT NULL DEFAULT '',      -- of face, voice, name, place
    risk         TEXT NOT NULL DEFAULT 'ordinary' CHECK (risk IN ('ordinary', 'vulnerable', 'high')),
    at_home      INTEGER NOT NULL DEFAULT 1,
    until        TEXT,                          -- nothing leaves from then on
    card         TEXT CHECK (length(card) = 64),
    barred       TEXT,                          -- what the rule (model/release.py) said against it; NULL for nothing
    at           TEXT NOT NULL
) STRICT;
INSERT INTO consents (entered, take, state, language, manner, at)
    SELECT entered, take, state, language, manner, at FROM earlier;
DROP TABLE earlier;
CREATE INDEX consents_by_take ON consents (take, entered);
CREATE INDEX consents_by_card ON consents (card);

-- That a take was withdrawn, and which bytes no store may take from anybody for ever: the bare fact that stays.
CREATE TABLE withdrawals (
    take      TEXT PRIMARY KEY REFERENCES takes (take),
    at        TEXT NOT NULL
) STRICT;
CREATE TABLE banned (
    tweet_id  TEXT NOT NULL,
    sha256    TEXT NOT NULL CHECK (length(sha256) = 64),
    take      TEXT NOT NULL DEFAULT '',         -- '' where another laptop had it
    PRIMARY KEY (tweet_id, sha256)
) STRICT;
CREATE INDEX banned_by_take ON banned (take);

-- That a store knows of a withdrawal.
CREATE TABLE told (
    take      TEXT NOT NULL REFERENCES withdrawals (take),
    store     TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (take, store)
) STRICT;

-- Codes of cards that were withdrawn here, until the store was told.
CREATE TABLE codes (
    card      TEXT PRIMARY KEY CHECK (length(card) = 64),
    at        TEXT NOT NULL
) STRICT;

-- That the crew was shown that a take without consent will be erased.
CREATE TABLE notices (
    take      TEXT PRIMARY KEY REFERENCES takes (take),
    at        TEXT NOT NULL
) STRICT;

-- That all bytes of a take, and what was said of its speaker, are gone from this laptop.
CREATE TABLE erasures (
    take      TEXT PRIMARY KEY REFERENCES takes (take),
    why       TEXT NOT NULL CHECK (why IN ('withdrawn', 'no consent')),
    at        TEXT NOT NULL
) STRICT;

-- A take changes once: when it is erased, what is left is its ID, its tweet and its time.
DROP TRIGGER takes_never_change;
CREATE TRIGGER takes_never_change BEFORE UPDATE ON takes
    WHEN (NEW.entered, NEW.take, NEW.tweet_id, NEW.number, NEW.begun_at, NULL, NULL)
         IS NOT (OLD.entered, OLD.take, OLD.tweet_id, OLD.number, OLD.begun_at, NEW.place, NEW.operator) BEGIN
    SELECT RAISE(ABORT, 'takes never change');
END;
CREATE TRIGGER consents_never_change BEFORE UPDATE ON consents BEGIN SELECT RAISE(ABORT, 'consents are appended'); END;
CREATE TRIGGER consents_stay BEFORE DELETE ON consents
    WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE take = OLD.take) BEGIN
    SELECT RAISE(ABORT, 'consents are appended');
END;
CREATE TRIGGER consent_recorded AFTER INSERT ON consents BEGIN
    INSERT INTO history (take, fact, detail)
    VALUES (NEW.take, 'consent ' || NEW.state, coalesce(NEW.language || ' ', '') || coalesce(NEW.manner, ''));
END;
CREATE TRIGGER lined_up_by_consent AFTER INSERT ON consents BEGIN
    INSERT INTO requeue (take) VALUES (NEW.take);
END;
CREATE TRIGGER consent_withdrawn AFTER INSERT ON consents WHEN NEW.state = 'withdrawn' BEGIN
    INSERT OR IGNORE INTO withdrawals (take, at) VALUES (NEW.take, NEW.at);
    INSERT OR IGNORE INTO banned (tweet_id, sha256, take)
        SELECT t.tweet_id, o.sha256, t.take FROM originals AS o JOIN takes AS t USING (take) WHERE take = NEW.take;
    INSERT OR IGNORE INTO banned (tweet_id, sha256, take)
        SELECT t.tweet_id, r.sha256, t.take FROM renditions AS r JOIN takes AS t USING (take) WHERE take = NEW.take;
END;
-- withdrawn while it rolled
CREATE TRIGGER withdrawn_before_sealed AFTER INSERT ON originals
    WHEN EXISTS (SELECT 1 FROM withdrawals WHERE take = NEW.take) BEGIN
    INSERT OR IGNORE INTO banned (tweet_id, sha256, take)
        SELECT tweet_id, NEW.sha256, take FROM takes WHERE take = NEW.take;
    DELETE FROM told WHERE take = NEW.take;
END;
CREATE TRIGGER take_erased AFTER INSERT ON erasures BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'erased', NEW.why);
END;
CREATE TRIGGER erasure_announced AFTER INSERT ON notices BEGIN
    INSERT INTO history (take, fact) VALUES (NEW.take, 'erasure announced');
END;

-- The consent that counts.
CREATE VIEW consent_now AS
    SELECT * FROM consents AS c WHERE entered = (SELECT max(entered) FROM consents WHERE take = c.take);

-- What must not be shown and nothing on record hides: a row for each of a take's traits.
CREATE VIEW exposed AS
    SELECT c.take, t.value AS trait
    FROM consent_now AS c CROSS JOIN json_each('["face", "voice"]') AS t
    WHERE instr(' ' || c.hidden || ' ', ' ' || t.value || ' ');

-- Takes whose consent lets them leave; `until` is after every time where there is no end.
CREATE VIEW cleared AS
    SELECT c.take, coalesce(c.until, '~') AS until FROM consent_now AS c
    WHERE c.state = 'agreed' AND c.barred IS NULL AND NOT EXISTS (SELECT 1 FROM exposed WHERE take = c.take);

-- What may leave the laptop until `until`: sealed, agreed to, not discarded.
CREATE VIEW releasable AS
    SELECT t.*, c.until, t.take IN (SELECT take FROM circled) AS circled
    FROM takes AS t JOIN originals USING (take) JOIN cleared AS c USING (take)
    WHERE t.take NOT IN (SELECT take FROM voids);

-- Missing consequence of a take: its original; of one that was erased there is none to come.
DROP VIEW unsealed;
CREATE VIEW unsealed AS
    SELECT t.* FROM takes AS t
    WHERE NOT EXISTS (SELECT 1 FROM originals WHERE take = t.take)
      AND NOT EXISTS (SELECT 1 FROM refusals WHERE take = t.take AND station = 'salvage')
      AND NOT EXISTS (SELECT 1 FROM erasures WHERE take = t.take);

-- Missing consequence of a withdrawal: that nothing of the take is left here. What rolls is sealed first.
CREATE VIEW unerased AS
    SELECT t.* FROM takes AS t JOIN withdrawals USING (take)
    WHERE t.take NOT IN (SELECT take FROM unsealed)
      AND (t.take NOT IN (SELECT take FROM erasures) OR EXISTS (SELECT 1 FROM originals WHERE take = t.take));

-- Takes that nobody agreed to, and that are to be erased some time after they began.
CREATE VIEW unagreed AS
    SELECT t.*, n.at AS noticed_at
    FROM takes AS t JOIN consent_now AS c USING (take) LEFT JOIN notices AS n USING (take)
    WHERE c.state = 'none' AND t.take NOT IN (SELECT take FROM erasures)
      AND t.take NOT IN (SELECT take FROM unsealed);

-- The queue once more: its view asks the consent in full, and each upload knows until when it may go.
CREATE VIEW sendable AS
    SELECT
        coalesce((SELECT due FROM requests WHERE tweet_id = t.tweet_id), '~') AS due,
        coalesce((SELECT max(entered) FROM steers
                  WHERE take = t.take AND profile IN ('', r.profile) AND word = 'first'), 0) AS first,
        CASE r.profile WHEN 'proxy' THEN 0 WHEN 'tweet' THEN 1 ELSE 2 END AS rank,
        t.take IS (SELECT take FROM chosen WHERE tweet_id = t.tweet_id LIMIT 1) AS circled,
        t.entered,
        r.profile,
        t.take,
        t.tweet_id,
        r.sha256,
        r.bytes,
        EXISTS (SELECT 1 FROM refusals
                WHERE take = t.take AND station = 'push' AND profile IN ('', r.profile)) AS refused,
        coalesce((SELECT word = 'pause' FROM steers
                  WHERE take IN ('', t.take) AND profile IN ('', r.profile) AND word IN ('pause', 'resume')
                  ORDER BY entered DESC LIMIT 1), 0) AS paused,
        coalesce((SELECT word = 'cancel' FROM steers
                  WHERE take IN ('', t.take) AND profile IN ('', r.profile) AND word IN ('cancel', 'retry')
                  ORDER BY entered DESC LIMIT 1), 0) AS cancelled,
        c.until
    FROM renditions AS r JOIN takes AS t USING (take) JOIN cleared AS c USING (take)
    WHERE t.take NOT IN (SELECT take FROM voids);
ALTER TABLE lineup ADD COLUMN until TEXT NOT NULL DEFAULT '~';

-- What was withdrawn before there was a store to tell.
INSERT INTO withdrawals (take, at) SELECT take, at FROM consent_now WHERE state = 'withdrawn';
INSERT OR IGNORE INTO banned (tweet_id, sha256, take)
    SELECT t.tweet_id, b.sha256, t.take
    FROM (SELECT take, sha256 FROM originals UNION SELECT take, sha256 FROM renditions) AS b
         JOIN takes AS t USING (take) JOIN withdrawals USING (take);
