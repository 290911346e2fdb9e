"""The store's log: one JSON object a line, on stderr. What is in it is decided where it is written, not here."""

import logging
import sys
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

Level = Literal["error", "warning", "info"]


def log_to_stderr(level: Level) -> None:
    """From now on fieldkit's own words from `level` on, and uvicorn's errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "from", "message": "said"},
            timestamp="at",
        )
    )
    for name, least in (("fieldkit", level.upper()), ("uvicorn", "ERROR")):
        logger = logging.getLogger(name)
        logger.setLevel(least)
        logger.handlers = [handler]
        logger.propagate = False
