"""Makes .venv with everything that is pinned, once; the second time it only looks at a stamp."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ready(requirements: str) -> Path:
    """The interpreter of .venv with these requirements and fieldkit in it; ends the script where that fails."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this script is what an older Python meets
        sys.exit(f"fieldkit needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    wanted = hashlib.sha256(
        b"".join((ROOT / name).read_bytes() for name in (requirements, "pyproject.toml"))
        + sys.version.encode()
    ).hexdigest()
    stamp = VENV / f"{requirements}.stamp"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return PYTHON
    print(f"Setting up {VENV} (once; it takes a minute or two) …", file=sys.stderr, flush=True)
    try:
        _make_venv()
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--require-hashes", "--requirement", str(ROOT / requirements)], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"Setting up failed ({error}); with a network connection, run the same command again.")
    stamp.write_text(wanted)
    return PYTHON


def _make_venv() -> None:
    """A virtual environment with pip. Debian and Ubuntu keep that part of Python in a package of its own."""
    if (
        PYTHON.exists()
        and subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0
    ):
        return
    venv = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(venv, capture_output=True).returncode == 0:
        return
    package = "python3-venv"
    root = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo"]
    if shutil.which("apt-get") is None or (root and shutil.which("sudo") is None):
        sys.exit(
            f"Python can't make a virtual environment here; install {package}, then run the same command again."
        )
    print(f"Installing {package}, which this system's Python lacks …", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*root, "apt-get", "update", "-qq"], check=True, env=environment, stdout=sys.stderr)
    subprocess.run(
        [*root, "apt-get", "install", "-y", "-qq", package], check=True, env=environment, stdout=sys.stderr
    )
    subprocess.run(venv, check=True, stdout=sys.stderr)
