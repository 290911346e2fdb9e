"""The whole test suite: python3 scripts/test.py [pytest's arguments]."""

import subprocess
import sys

from set_up import ROOT, ready

if __name__ == "__main__":
    python = ready("requirements-dev.txt")
    arguments = sys.argv[1:] or ["-n", "2", "--dist", "loadgroup"]
    try:
        sys.exit(subprocess.run([str(python), "-m", "pytest", *arguments], cwd=ROOT).returncode)
    except KeyboardInterrupt:
        sys.exit(130)
