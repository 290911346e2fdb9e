-- How a rendition was made: source, brief, recipe, tools, rules, quality, loudness, speed. Never leaves the laptop.
CREATE TABLE passports (
    entered   INTEGER PRIMARY KEY,
    take      TEXT NOT NULL,
    profile   TEXT NOT NULL,
    passport  TEXT NOT NULL CHECK (json_valid(passport)),
    UNIQUE (take, profile),
    FOREIGN KEY (take, profile) REFERENCES renditions (take, profile)
) STRICT;
CREATE TRIGGER passports_never_change BEFORE UPDATE ON passports BEGIN SELECT RAISE(ABORT, 'passports never change'); END;
