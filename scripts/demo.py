"""The whole line on this machine: python3 scripts/demo.py [CLIP] [--keep]."""

import subprocess
import sys

from set_up import ready

if __name__ == "__main__":
    python = ready("requirements.txt")
    try:
        sys.exit(subprocess.run([str(python), "-m", "fieldkit", "demo", *sys.argv[1:]]).returncode)
    except KeyboardInterrupt:
        sys.exit(130)
