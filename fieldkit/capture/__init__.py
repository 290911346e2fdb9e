"""Capture: takes and their originals. `record`, `ingest` and `salvage` are the station's three doors."""
