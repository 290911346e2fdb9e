"""Where a store keeps its things. Pure."""

from dataclasses import dataclass
from pathlib import Path

CATALOGUE, MEDIA, UPLOADS = "catalogue.sqlite", "media", "uploads"
ELSEWHERE = "catalogue.elsewhere"  # in a folder whose catalogue is in PostgreSQL


@dataclass(frozen=True, slots=True)
class Site:
    """A folder, and what a store that outgrew its machine keeps elsewhere."""

    root: Path
    database: str | None = None  # `postgresql://…`; None: SQLite in the folder
    bucket: str | None = None  # `s3://bucket/prefix`; None: clips lie in the folder only


def site_of(where: Site | Path) -> Site:
    """A bare folder is a store that needs nothing else."""
    return where if isinstance(where, Site) else Site(where)
