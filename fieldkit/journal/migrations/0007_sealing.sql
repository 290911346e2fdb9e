-- The original as an age file, which only the take's own key opens. Its plain bytes go after this row.
CREATE TABLE encrypted (
    take      TEXT PRIMARY KEY REFERENCES originals (take) ON DELETE CASCADE,
    path      TEXT NOT NULL UNIQUE,          -- relative to the library
    bytes     INTEGER NOT NULL CHECK (bytes > 0),
    at        TEXT NOT NULL
) STRICT;
CREATE TRIGGER encrypted_never_changes BEFORE UPDATE ON encrypted BEGIN SELECT RAISE(ABORT, 'what is encrypted never changes'); END;
CREATE TRIGGER original_encrypted AFTER INSERT ON encrypted BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'sealed at rest', NEW.path);
END;

-- The store has all that is due of the take: its renditions here, and this laptop's own way to its key, go after
-- this row.
CREATE TABLE handed_over (
    take      TEXT PRIMARY KEY REFERENCES encrypted (take) ON DELETE CASCADE,
    at        TEXT NOT NULL
) STRICT;
CREATE TRIGGER take_handed_over AFTER INSERT ON handed_over BEGIN
    INSERT INTO history (take, fact) VALUES (NEW.take, 'handed over: for headquarters alone');
END;
