"""A connection to the store that is opened while the rest of fieldkit still loads: a third of a second sooner there."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

from fieldkit.sync.dial import Dial
from fieldkit.sync.sockets import OPTIONS

_ALLOWED = 4.0  # seconds; after that the uploader dials for itself


class Ahead:
    """Dials from the moment it is made. Never raises: where it comes to nothing, there is no connection."""

    def __init__(self, store: str) -> None:
        asked = urlsplit(store)
        self._at = asked.hostname or "", asked.port or (443 if asked.scheme == "https" else 80)
        self._lock, self._called_off = threading.Lock(), threading.Event()
        self._found: socket.socket | None = None
        self._thread = threading.Thread(target=self._dial, daemon=True)
        self._thread.start()

    def take(self, host: str, port: int) -> socket.socket | None:
        """The connection, waited for, if it leads there; once."""
        if (host, port) != self._at:
            return None
        self._thread.join()
        found, self._found = self._found, None
        return found

    def close(self) -> None:
        """Ends it where nobody took it; waits for nobody, because a dead name server takes its time."""
        with self._lock:
            self._called_off.set()
            if self._found is not None:
                self._found.close()
                self._found = None

    def _dial(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            found = Dial(OPTIONS)(*self._at, _ALLOWED, self._called_off)
            with self._lock:
                if self._called_off.is_set():
                    found.close()
                else:
                    self._found = found
