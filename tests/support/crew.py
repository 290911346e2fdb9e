"""What a crew does: commands typed at a laptop of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support import warm
from support.store import StoreProcess

TWEET = "826412345678901234"
AGREED = ("--consent", "agreed", "--language", "sw", "--spoken")


class Crew:
    """A laptop's command line; the library lies in `folder`."""

    def __init__(self, folder: Path, store: str | StoreProcess, place: str = "kakuma") -> None:
        self.folder = folder
        self.environment = {**os.environ, "FIELDKIT_LIBRARY": str(folder), "FIELDKIT_PATIENCE": "20"}
        url = store if isinstance(store, str) else store.url
        self.done("init", "--store", url, "--place", place, "--operator", "crew")

    def types(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, whatever comes."""
        result = warm.run(words, {**self.environment, **more}, timeout=110)
        assert "Traceback" not in result.stderr, result.stderr
        return result

    def done(self, *words: str) -> str:
        """Runs a command that must succeed; returns what it printed."""
        result = self.types(*words)
        assert result.returncode == 0, f"{words}: {result.returncode}\n{result.stderr}"
        return result.stdout

    def begins(self, *words: str, **more: Any) -> subprocess.Popen[bytes]:
        """Starts a command and leaves it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "fieldkit", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **more,
        )

    def takes(self) -> list[dict[str, Any]]:
        return json.loads(self.done("takes", "--json"))

    def queue(self) -> list[dict[str, Any]]:
        return json.loads(self.done("queue", "--json"))["uploads"]
