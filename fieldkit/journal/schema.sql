-- The laptop's journal: facts, each written only after the bytes it speaks of are safe on disk.
-- (One exception, an intent: a take that is about to roll.) No row ever says "in progress";
-- what is still to do is derived by the views at the end.

-- One attempt at answering one tweet. Written before the camera rolls.
CREATE TABLE takes (
    entered   INTEGER PRIMARY KEY,          -- order of entry: the laptop's clock may lie, this can't
    take      TEXT NOT NULL UNIQUE CHECK (length(take) = 36),
    tweet_id  TEXT NOT NULL CHECK (tweet_id GLOB '[1-9]*' AND tweet_id NOT GLOB '*[^0-9]*' AND length(tweet_id) <= 19),
    number    INTEGER NOT NULL CHECK (number >= 1),
    begun_at  TEXT NOT NULL,
    place     TEXT,
    operator  TEXT,
    UNIQUE (tweet_id, number)
) STRICT;

-- What the speaker agreed to, in summary. Appended, never changed: the latest row of a take counts.
CREATE TABLE consents (
    entered   INTEGER PRIMARY KEY,
    take      TEXT NOT NULL REFERENCES takes (take),
    state     TEXT NOT NULL CHECK (state IN ('agreed', 'none', 'withdrawn')),
    language  TEXT,
    manner    TEXT CHECK (manner IN ('spoken', 'written')),
    at        TEXT NOT NULL
) STRICT;
CREATE INDEX consents_by_take ON consents (take, entered);

-- The camera file, sealed: its bytes never change.
CREATE TABLE originals (
    take      TEXT PRIMARY KEY REFERENCES takes (take),
    path      TEXT NOT NULL UNIQUE,          -- relative to the library
    sha256    TEXT NOT NULL CHECK (length(sha256) = 64),
    bytes     INTEGER NOT NULL CHECK (bytes > 0),
    seconds   REAL,                          -- NULL where the file does not tell
    recovered INTEGER NOT NULL CHECK (recovered IN (0, 1)),
    sealed_at TEXT NOT NULL
) STRICT;
CREATE INDEX originals_by_hash ON originals (sha256);

-- A take encoded under a profile.
CREATE TABLE renditions (
    take      TEXT NOT NULL REFERENCES originals (take),
    profile   TEXT NOT NULL,
    path      TEXT NOT NULL UNIQUE,          -- relative to the library
    sha256    TEXT NOT NULL CHECK (length(sha256) = 64),
    bytes     INTEGER NOT NULL CHECK (bytes > 0),
    seconds   REAL NOT NULL,
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    made_at   TEXT NOT NULL,
    PRIMARY KEY (take, profile)
) STRICT;

-- Where a store said that an upload lives. fieldkit's own store repeats it for the asking; others do not.
CREATE TABLE locations (
    sha256    TEXT NOT NULL CHECK (length(sha256) = 64),
    tweet_id  TEXT NOT NULL,
    store     TEXT NOT NULL,
    url       TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (sha256, tweet_id, store)
) STRICT;

-- A store's word that it holds the verified bytes.
CREATE TABLE receipts (
    take      TEXT NOT NULL,
    profile   TEXT NOT NULL,
    sha256    TEXT NOT NULL CHECK (length(sha256) = 64),
    store     TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (take, profile, sha256, store),
    FOREIGN KEY (take, profile) REFERENCES renditions (take, profile)
) STRICT;

-- Permanent trouble, so that it is not tried for ever. A crew lifts it with --again.
CREATE TABLE refusals (
    take      TEXT NOT NULL REFERENCES takes (take),
    station   TEXT NOT NULL CHECK (station IN ('salvage', 'render', 'push')),
    profile   TEXT NOT NULL,                 -- '' where the whole take is refused
    why       TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (take, station, profile)
) STRICT;

-- The crew's choice among a tweet's takes. Appended: the latest row of a tweet counts.
CREATE TABLE circles (
    entered   INTEGER PRIMARY KEY,
    take      TEXT NOT NULL REFERENCES takes (take),
    at        TEXT NOT NULL
) STRICT;

-- Takes the crew discarded: their files stay, nothing more is made of them or sent.
CREATE TABLE voids (
    take      TEXT PRIMARY KEY REFERENCES takes (take),
    at        TEXT NOT NULL
) STRICT;

-- For people only; no code decides by it.
CREATE TABLE history (
    entered   INTEGER PRIMARY KEY,
    at        TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    take      TEXT,
    fact      TEXT NOT NULL,
    detail    TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TRIGGER takes_never_change BEFORE UPDATE ON takes BEGIN SELECT RAISE(ABORT, 'takes never change'); END;
CREATE TRIGGER consents_never_change BEFORE UPDATE ON consents BEGIN SELECT RAISE(ABORT, 'consents are appended'); END;
CREATE TRIGGER consents_stay BEFORE DELETE ON consents BEGIN SELECT RAISE(ABORT, 'consents are appended'); END;
CREATE TRIGGER originals_never_change BEFORE UPDATE ON originals BEGIN SELECT RAISE(ABORT, 'originals never change'); END;
CREATE TRIGGER receipts_never_change BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts never change'); END;

CREATE TRIGGER take_begun AFTER INSERT ON takes BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'take begun', NEW.tweet_id || ' take ' || NEW.number);
END;
CREATE TRIGGER consent_recorded AFTER INSERT ON consents BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'consent ' || NEW.state, coalesce(NEW.language || ' ', '') || coalesce(NEW.manner, ''));
END;
CREATE TRIGGER original_sealed AFTER INSERT ON originals BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, iif(NEW.recovered, 'original salvaged', 'original sealed'), NEW.sha256);
END;
CREATE TRIGGER rendition_made AFTER INSERT ON renditions BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'rendition made', NEW.profile || ' ' || NEW.sha256);
END;
CREATE TRIGGER rendition_dropped AFTER DELETE ON renditions BEGIN
    INSERT INTO history (take, fact, detail) VALUES (OLD.take, 'rendition dropped', OLD.profile || ' ' || OLD.sha256);
END;
CREATE TRIGGER receipt_received AFTER INSERT ON receipts BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'receipt', NEW.profile || ' ' || NEW.store);
END;
CREATE TRIGGER refusal_given AFTER INSERT ON refusals BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'refused at ' || NEW.station, NEW.why);
END;
CREATE TRIGGER refusal_lifted AFTER DELETE ON refusals BEGIN
    INSERT INTO history (take, fact, detail) VALUES (OLD.take, 'tried again at ' || OLD.station, OLD.profile);
END;
CREATE TRIGGER take_circled AFTER INSERT ON circles BEGIN
    INSERT INTO history (take, fact) VALUES (NEW.take, 'circled');
END;
CREATE TRIGGER take_taken_back AFTER DELETE ON voids BEGIN
    INSERT INTO history (take, fact) VALUES (OLD.take, 'taken back');
END;
CREATE TRIGGER take_voided AFTER INSERT ON voids BEGIN
    INSERT INTO history (take, fact) VALUES (NEW.take, 'voided');
END;

-- The consent that counts.
CREATE VIEW consent_now AS
    SELECT take, state, language, manner FROM consents AS c
    WHERE entered = (SELECT max(entered) FROM consents WHERE take = c.take);

-- The chosen take of each tweet: the one circled last, else the latest good one.
CREATE VIEW circled AS
    SELECT tweet_id, take FROM (
        SELECT t.tweet_id, t.take, row_number() OVER (
            PARTITION BY t.tweet_id
            ORDER BY (SELECT max(entered) FROM circles WHERE take = t.take) DESC NULLS LAST, t.entered DESC
        ) AS place
        FROM takes AS t JOIN originals USING (take)
        WHERE take NOT IN (SELECT take FROM voids)
          AND take NOT IN (SELECT take FROM refusals WHERE station = 'render')
    ) WHERE place = 1;

-- Missing consequence of a take: its original.
CREATE VIEW unsealed AS
    SELECT t.* FROM takes AS t
    WHERE NOT EXISTS (SELECT 1 FROM originals WHERE take = t.take)
      AND NOT EXISTS (SELECT 1 FROM refusals WHERE take = t.take AND station = 'salvage');

-- What may leave the laptop: sealed, agreed to, not discarded.
CREATE VIEW releasable AS
    SELECT t.*, c.language, t.take IN (SELECT take FROM circled) AS circled
    FROM takes AS t JOIN originals USING (take) JOIN consent_now AS c USING (take)
    WHERE c.state = 'agreed' AND t.take NOT IN (SELECT take FROM voids);
