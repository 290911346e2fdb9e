-- The intent to send a rendition while it is being encoded: by which recipe and tools. Whoever makes it by the same ones
-- makes the same bytes, so an upload that was begun goes on. One of a take and profile counts; it goes with its rendition.
CREATE TABLE flights (
    flight    INTEGER PRIMARY KEY AUTOINCREMENT,
    take      TEXT NOT NULL REFERENCES takes (take),
    profile   TEXT NOT NULL,
    recipe    TEXT NOT NULL,                 -- JSON: the recipe, and the tools' versions
    at        TEXT NOT NULL,
    UNIQUE (take, profile)
) STRICT;

-- Where a store keeps what was sent of a flight so far. One whose flight has gone is to be thrown away there.
CREATE TABLE tails (
    flight    INTEGER NOT NULL,
    store     TEXT NOT NULL,
    url       TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (flight, store)
) STRICT;

CREATE TRIGGER taken_off AFTER INSERT ON flights BEGIN
    INSERT INTO history (take, fact, detail) VALUES (NEW.take, 'sent while it is encoded', NEW.profile);
END;
CREATE TRIGGER flight_without_rendition AFTER DELETE ON renditions BEGIN
    DELETE FROM flights WHERE take = OLD.take AND profile = OLD.profile;
END;
CREATE TRIGGER flight_refused AFTER INSERT ON refusals WHEN NEW.station = 'render' BEGIN
    DELETE FROM flights WHERE take = NEW.take AND NEW.profile IN ('', profile);
END;
CREATE TRIGGER flight_erased AFTER INSERT ON erasures BEGIN
    DELETE FROM flights WHERE take = NEW.take;
END;
