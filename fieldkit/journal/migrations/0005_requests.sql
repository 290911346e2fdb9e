-- The last word of the command centre: which store said it, and the ETag under which it said so. One row.
CREATE TABLE contacts (
    store     TEXT PRIMARY KEY,
    etag      TEXT NOT NULL,
    at        TEXT NOT NULL                  -- when it was last heard, changed or not
) STRICT;

-- The tweets that it wants answered, as it said them last: rows come and go with its list.
CREATE TABLE requests (
    tweet_id  TEXT PRIMARY KEY,
    listed    INTEGER NOT NULL,              -- its place in the list: the most urgent first
    author    TEXT,
    text      TEXT,
    language  TEXT,
    place     TEXT,
    priority  TEXT NOT NULL,
    due       TEXT,
    added_at  TEXT
) STRICT;

-- What it decided about a take, the newest word.
CREATE TABLE decisions (
    take      TEXT PRIMARY KEY REFERENCES takes (take),
    decision  TEXT NOT NULL,
    why       TEXT NOT NULL,
    at        TEXT NOT NULL
) STRICT;
CREATE TRIGGER decision_heard AFTER INSERT ON decisions BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'decided: ' || NEW.decision, NEW.why);
END;
CREATE TRIGGER decision_changed AFTER UPDATE ON decisions BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'decided: ' || NEW.decision, NEW.why);
END;

-- Missing consequence of a decision: another take, where one was asked for and no other has been approved.
CREATE VIEW retakes AS
    SELECT d.take, t.tweet_id, d.decision, d.why, d.at
    FROM decisions AS d JOIN takes AS t USING (take)
    WHERE d.decision = 'retake'
      AND NOT EXISTS (SELECT 1 FROM takes AS later
                      WHERE later.tweet_id = t.tweet_id AND later.number > t.number
                        AND later.take NOT IN (SELECT take FROM voids))
      AND NOT EXISTS (SELECT 1 FROM takes AS other JOIN decisions AS o USING (take)
                      WHERE other.tweet_id = t.tweet_id AND o.decision IN ('approved', 'posted'));

-- The queue once more, now in the order of what is due: view, index and the triggers that keep the index.
DROP TABLE lineup;
DROP VIEW sendable;
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
                  ORDER BY entered DESC LIMIT 1), 0) AS cancelled
    FROM renditions AS r JOIN takes AS t USING (take)
    WHERE t.take NOT IN (SELECT take FROM voids)
      AND (SELECT state FROM consents WHERE take = t.take ORDER BY entered DESC LIMIT 1) = 'agreed';

CREATE TABLE lineup (
    due       TEXT NOT NULL,                 -- when the request wants it; '~', after every time, where none does
    first     INTEGER NOT NULL,              -- the number of the word that put it first; 0 where none did
    rank      INTEGER NOT NULL,
    circled   INTEGER NOT NULL,
    entered   INTEGER NOT NULL,              -- the take's
    profile   TEXT NOT NULL,
    take      TEXT NOT NULL,
    tweet_id  TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    bytes     INTEGER NOT NULL,
    refused   INTEGER NOT NULL,
    paused    INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    PRIMARY KEY (due, first DESC, rank, circled DESC, entered, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX lineup_by_take ON lineup (take, profile);
CREATE INDEX lineup_by_tweet ON lineup (tweet_id, circled);
CREATE INDEX lineup_by_hash ON lineup (sha256);

CREATE TRIGGER lined_up_by_request AFTER INSERT ON requests WHEN NEW.due IS NOT NULL BEGIN
    UPDATE lineup SET due = NEW.due WHERE tweet_id = NEW.tweet_id;
END;
CREATE TRIGGER lined_up_by_another_due AFTER UPDATE OF due ON requests WHEN NEW.due IS NOT OLD.due BEGIN
    UPDATE lineup SET due = coalesce(NEW.due, '~') WHERE tweet_id = NEW.tweet_id;
END;
CREATE TRIGGER lined_up_without_request AFTER DELETE ON requests WHEN OLD.due IS NOT NULL BEGIN
    UPDATE lineup SET due = '~' WHERE tweet_id = OLD.tweet_id;
END;

INSERT INTO lineup SELECT * FROM sendable;
