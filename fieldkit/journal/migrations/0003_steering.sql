-- What the crew said about its queue. Appended: the latest word about an upload counts, for pause and resume,
-- for cancel and retry, and for first each by itself.
CREATE TABLE steers (
    entered   INTEGER PRIMARY KEY,
    take      TEXT NOT NULL,                 -- '' where every take is meant
    profile   TEXT NOT NULL,                 -- '' where every rendition of the take is meant
    word      TEXT NOT NULL CHECK (word IN ('first', 'pause', 'resume', 'cancel', 'retry')),
    at        TEXT NOT NULL
) STRICT;
CREATE INDEX steers_by_upload ON steers (take, profile, entered);
CREATE TRIGGER steers_never_change BEFORE UPDATE ON steers BEGIN SELECT RAISE(ABORT, 'steers are appended'); END;
CREATE TRIGGER steers_stay BEFORE DELETE ON steers BEGIN SELECT RAISE(ABORT, 'steers are appended'); END;
CREATE TRIGGER queue_steered BEFORE INSERT ON steers BEGIN
    INSERT INTO history (take, fact, detail) VALUES (nullif(NEW.take, ''), 'queue: ' || NEW.word, NEW.profile);
END;

-- The chosen take of a tweet, found without looking at its other takes; a row for each take, all of a tweet equal.
CREATE VIEW chosen AS
    SELECT t.tweet_id, coalesce(
        (SELECT c.take FROM circles AS c CROSS JOIN takes AS k ON k.take = c.take
         WHERE k.tweet_id = t.tweet_id AND c.take NOT IN (SELECT take FROM voids)
           AND EXISTS (SELECT 1 FROM originals WHERE take = c.take)
           AND NOT EXISTS (SELECT 1 FROM refusals WHERE take = c.take AND station = 'render')
         ORDER BY c.entered DESC LIMIT 1),
        (SELECT k.take FROM takes AS k
         WHERE k.tweet_id = t.tweet_id AND k.take NOT IN (SELECT take FROM voids)
           AND EXISTS (SELECT 1 FROM originals WHERE take = k.take)
           AND NOT EXISTS (SELECT 1 FROM refusals WHERE take = k.take AND station = 'render')
         ORDER BY k.number DESC LIMIT 1)
    ) AS take
    FROM takes AS t;

-- Renditions that may leave the laptop, and what decides about the order in which they do.
CREATE VIEW sendable AS
    SELECT
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

-- An index over that view, in the order of sending, kept by the triggers below and by nothing else: with 100,000
-- renditions the view alone takes half a second. It can be thrown away and made anew from the view at any time.
CREATE TABLE lineup (
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
    PRIMARY KEY (first DESC, rank, circled DESC, entered, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX lineup_by_take ON lineup (take, profile);
CREATE INDEX lineup_by_tweet ON lineup (tweet_id, circled);
CREATE INDEX lineup_by_hash ON lineup (sha256);

-- Two procedures: SQLite has none but the triggers of a view.
CREATE VIEW requeue AS SELECT take FROM takes;
CREATE TRIGGER requeued INSTEAD OF INSERT ON requeue BEGIN
    DELETE FROM lineup WHERE take = NEW.take;
    INSERT INTO lineup SELECT * FROM sendable WHERE take = NEW.take;
END;
CREATE VIEW recircle AS SELECT take FROM takes;
CREATE TRIGGER recircled INSTEAD OF INSERT ON recircle BEGIN
    UPDATE lineup SET circled = 0
    WHERE tweet_id = (SELECT tweet_id FROM takes WHERE take = NEW.take) AND circled = 1
      AND take IS NOT (SELECT c.take FROM chosen AS c JOIN takes AS t USING (tweet_id) WHERE t.take = NEW.take LIMIT 1);
    UPDATE lineup SET circled = 1
    WHERE take = (SELECT c.take FROM chosen AS c JOIN takes AS t USING (tweet_id) WHERE t.take = NEW.take LIMIT 1)
      AND circled = 0;
END;

CREATE TRIGGER lined_up_by_rendition AFTER INSERT ON renditions BEGIN
    INSERT INTO requeue (take) VALUES (NEW.take);
END;
CREATE TRIGGER lined_up_without_rendition AFTER DELETE ON renditions BEGIN
    INSERT INTO requeue (take) VALUES (OLD.take);
END;
CREATE TRIGGER lined_up_by_consent AFTER INSERT ON consents BEGIN
    INSERT INTO requeue (take) VALUES (NEW.take);
END;
CREATE TRIGGER lined_up_without_void AFTER DELETE ON voids BEGIN
    INSERT INTO requeue (take) VALUES (OLD.take);
    INSERT INTO recircle (take) VALUES (OLD.take);
END;
CREATE TRIGGER lined_up_by_void AFTER INSERT ON voids BEGIN
    INSERT INTO requeue (take) VALUES (NEW.take);
    INSERT INTO recircle (take) VALUES (NEW.take);
END;
CREATE TRIGGER lined_up_by_refusal AFTER INSERT ON refusals BEGIN
    INSERT INTO requeue (take) VALUES (NEW.take);
    INSERT INTO recircle (take) VALUES (NEW.take);
END;
CREATE TRIGGER lined_up_without_refusal AFTER DELETE ON refusals BEGIN
    INSERT INTO requeue (take) VALUES (OLD.take);
    INSERT INTO recircle (take) VALUES (OLD.take);
END;
CREATE TRIGGER lined_up_by_original AFTER INSERT ON originals BEGIN
    INSERT INTO recircle (take) VALUES (NEW.take);
END;
CREATE TRIGGER lined_up_by_circle AFTER INSERT ON circles BEGIN
    INSERT INTO recircle (take) VALUES (NEW.take);
END;
CREATE TRIGGER lined_up_by_word AFTER INSERT ON steers BEGIN
    UPDATE lineup SET first = NEW.entered
    WHERE NEW.word = 'first' AND take = NEW.take AND NEW.profile IN ('', profile);
    UPDATE lineup SET paused = NEW.word = 'pause'
    WHERE NEW.word IN ('pause', 'resume') AND take = NEW.take AND NEW.profile IN ('', profile);
    UPDATE lineup SET cancelled = NEW.word = 'cancel'
    WHERE NEW.word IN ('cancel', 'retry') AND take = NEW.take AND NEW.profile IN ('', profile);
    UPDATE lineup SET paused = NEW.word = 'pause'
    WHERE NEW.take = '' AND NEW.word IN ('pause', 'resume') AND paused != (NEW.word = 'pause') AND NEW.profile IN ('', profile);
    UPDATE lineup SET cancelled = NEW.word = 'cancel'
    WHERE NEW.take = '' AND NEW.word IN ('cancel', 'retry') AND cancelled != (NEW.word = 'cancel') AND NEW.profile IN ('', profile);
END;

INSERT INTO lineup SELECT * FROM sendable;

-- What is looked for by its hash: an upload that nobody may finish any more, and the receipt that it lacks.
CREATE INDEX receipts_by_hash ON receipts (sha256, store);
CREATE INDEX renditions_by_hash ON renditions (sha256);
