-- What was found of a recording when it was sealed: whether it is good, and the sentence that the crew was told.
CREATE TABLE verdicts (
    take      TEXT PRIMARY KEY REFERENCES originals (take),
    good      INTEGER NOT NULL CHECK (good IN (0, 1)),
    sentence  TEXT NOT NULL,
    again     INTEGER NOT NULL CHECK (again IN (0, 1))
) STRICT;
CREATE TRIGGER verdicts_never_change BEFORE UPDATE ON verdicts BEGIN SELECT RAISE(ABORT, 'verdicts never change'); END;
CREATE TRIGGER verdict_given AFTER INSERT ON verdicts BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, iif(NEW.good, 'judged good', 'judged not good'), NEW.sentence);
END;
