"""The whole line on this machine, with real processes, a slow link that is cut, and a killed uploader."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from fieldkit.demo.bad_link import BadLink
from fieldkit.errors import Damaged, FieldkitError, NeedsCrew, WorthRetrying

TWEET = "826412345678901234"
_LINK = 512_000  # bits/s: a fair satellite link in a camp
_KILL_AT = 0.5  # of the bytes to send
_CUTS_AT = (0.25, 0.75)
_PATIENCE = 60.0  # seconds beyond three times what the link needs


class Demo:
    """One showing in one folder. `tell` is given a sentence at a time."""

    def __init__(self, work: Path, tell: Callable[[str], None]) -> None:
        self._work, self._tell = work, tell
        self._store: subprocess.Popen[bytes] | None = None
        self.store_url = ""

    def begin_store(self, log: BinaryIO) -> None:
        """Starts a store on loopback, in a session of its own so that it can outlive the demo."""
        self._store = subprocess.Popen(
            [*_FIELDKIT, "store", "serve", "--root", str(self._work / "store"), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        assert self._store.stdout is not None
        line = self._store.stdout.readline().decode()
        if "http://" not in line:
            raise WorthRetrying(f"The store did not start; see {log.name}.")
        self.store_url = "http://" + line.rpartition("http://")[2].strip().rstrip("/")

    def end_store(self) -> None:
        """Stops the store."""
        if self._store is not None:
            self._store.terminate()
            try:
                self._store.wait(10)
            except subprocess.TimeoutExpired:
                self._store.kill()

    @property
    def store_pid(self) -> int:
        """The store's process ID."""
        return self._store.pid if self._store else 0

    def fieldkit(self, *words: str) -> Any:
        """Runs a command as a crew would, and returns its JSON document if it has one."""
        self._tell(f"$ fieldkit {' '.join(words)}")
        output = subprocess.run(
            [*_FIELDKIT, *words], stdout=subprocess.PIPE, check=False, env=self._environment
        )
        if output.returncode:
            kind = NeedsCrew if output.returncode == NeedsCrew.exit_code else WorthRetrying
            raise kind(f"`fieldkit {words[0]}` ended with exit code {output.returncode}.")
        return json.loads(output.stdout) if output.stdout.strip().startswith((b"{", b"[")) else None

    def begin_sync(self) -> subprocess.Popen[bytes]:
        """Starts an uploader."""
        self._tell("$ fieldkit sync")
        return subprocess.Popen([*_FIELDKIT, "sync"], env=self._environment)

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "FIELDKIT_LIBRARY": str(self._work / "library")}


def show(clip: Path | None, *, keep: bool, work: Path | None, tell: Callable[[str], None]) -> int:
    """Exit code 0 if the store's SHA-256 equals the rendition's for everything sent."""
    work = work or Path(tempfile.mkdtemp(prefix="fieldkit-demo-"))
    work.mkdir(parents=True, exist_ok=True)
    demo = Demo(work, tell)
    with (work / "store.log").open("wb") as log:
        try:
            demo.begin_store(log)
            _show(demo, clip, work, tell)
        finally:
            if not keep:
                demo.end_store()
    if keep:
        tell(
            f"The store goes on (process {demo.store_pid}): open {demo.store_url}/ ; stop it with kill {demo.store_pid}"
        )
    return 0


def _show(demo: Demo, clip: Path | None, work: Path, tell: Callable[[str], None]) -> None:
    consent = ("--consent", "agreed", "--language", "en", "--spoken")
    with contextlib.ExitStack() as stack:
        link = stack.enter_context(BadLink(_address(demo.store_url), rate=_LINK))
        demo.fieldkit("init", "--store", link.url, "--place", "demo", "--operator", "demo")
        if clip is not None:
            demo.fieldkit("ingest", str(clip), "--tweet", TWEET, *consent)
        else:
            _record(demo, consent, tell)
        demo.fieldkit("render")
        renditions = demo.fieldkit("takes", "--json")[-1]["renditions"]
        total = sum(r["bytes"] for r in renditions)
        tell(
            f"To send: {total / 1000:.0f} kB over {_LINK // 1000} kbit/s; it takes {total * 8 / _LINK:.0f} s at best."
        )
        _push(demo, link, total, tell)
        for rendition in renditions:
            _compare(demo.store_url, rendition, tell)
        extra = max(0, link.up_bytes - total)
        tell(
            f"Link cut {link.cuts_made} times, uploader killed once; beyond the clips themselves {extra} bytes went "
            f"over the link, request headers included ({extra / total:.2%} of {total})."
        )
        tell(f"Clip:  {demo.store_url}/clips/{TWEET}")
        tell(f"Board: {demo.store_url}/")
        tell(f"Everything lies in {work}")


def _record(demo: Demo, consent: tuple[str, ...], tell: Callable[[str], None]) -> None:
    """Five seconds from this machine's camera, or from the test card where there is none that works."""
    camera = _camera(demo)
    words = ("record", TWEET, "--seconds", "5", "--no-preview", *consent)
    if camera is not None:
        try:
            demo.fieldkit(*words, "--camera", camera)
        except FieldkitError:
            tell("The camera gave nothing; the test card takes its place.")
        else:
            return
    demo.fieldkit(*words, "--camera", "test:")


def _push(demo: Demo, link: BadLink, total: int, tell: Callable[[str], None]) -> None:
    """Pushes to the end, cutting the link twice and killing the uploader once on the way."""
    cuts = [fraction * total for fraction in _CUTS_AT]
    killed, below_the_bars = False, "\n" if sys.stderr.isatty() else ""
    uploader = demo.begin_sync()
    deadline, told_at = time.monotonic() + 3 * total * 8 / _LINK + _PATIENCE, 0.0
    try:
        while uploader.poll() is None:
            if time.monotonic() > deadline:
                raise WorthRetrying("The demo's upload did not end in time.")
            crossed = link.up_bytes
            if cuts and crossed >= cuts[0]:
                cuts.pop(0)
                tell(
                    f"{below_the_bars}… {crossed / 1000:.0f} kB of {total / 1000:.0f} kB: cutting the link for a second"
                )
                link.cut()
            if not killed and crossed >= _KILL_AT * total:
                killed = True
                tell(
                    f"{below_the_bars}… {crossed / 1000:.0f} kB: killing the uploader with SIGKILL and starting it anew"
                )
                uploader.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
                uploader.wait()
                uploader = demo.begin_sync()
            if time.monotonic() - told_at > 2 and not sys.stderr.isatty():
                told_at = time.monotonic()
                tell(f"… {min(crossed, total) / 1000:.0f} kB of {total / 1000:.0f} kB")
            time.sleep(0.02)
    finally:
        if uploader.poll() is None:
            uploader.kill()
    if uploader.returncode:
        raise WorthRetrying(f"`fieldkit sync` ended with exit code {uploader.returncode}.")


def _compare(store_url: str, rendition: dict[str, Any], tell: Callable[[str], None]) -> None:
    """Downloads what the store has and compares its SHA-256 with the rendition's. Raises Damaged."""
    with urllib.request.urlopen(f"{store_url}/clips/{TWEET}", timeout=10) as answer:  # noqa: S310 - loopback
        clips = {clip["profile"]: clip for clip in json.load(answer)["clips"]}
    url = f"{store_url}/clips/{TWEET}/{clips[rendition['profile']]['sha256']}"
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - loopback
        found = hashlib.sha256(answer.read()).hexdigest()
    if found != rendition["sha256"]:
        raise Damaged(f"The store's {rendition['profile']} has SHA-256 {found}, not {rendition['sha256']}.")
    tell(f"{rendition['profile']}: {rendition['bytes']} bytes, SHA-256 {found[:16]}… at both ends")


def _camera(demo: Demo) -> str | None:
    """The first camera of this machine."""
    cameras = demo.fieldkit("devices", "--json")["cameras"]
    return str(cameras[0]["name"]) if cameras else None


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


_FIELDKIT = (sys.executable, "-m", "fieldkit")
