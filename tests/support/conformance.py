"""The store's tests over a real PostgreSQL and a real S3: PYTHONPATH=tests python -m support.conformance [arguments].

The arguments are pytest's; without any it is all of them.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from support.peers import seaweedfs_s3
from support.postgres import Postgres

_ALL = ("tests/store", "tests/outgrown", "-n", "2", "--dist", "loadgroup", "-q")


def main(arguments: list[str]) -> int:
    """pytest's exit code."""
    with (
        Postgres(durable=False) as postgres,
        tempfile.TemporaryDirectory() as folder,
        seaweedfs_s3(Path(folder)) as s3,
    ):
        found = {**s3, "FIELDKIT_TEST_DATABASE": postgres.url, "FIELDKIT_TEST_MEDIA": "s3://clips"}
        command = [sys.executable, "-m", "pytest", *(arguments or _ALL)]
        return subprocess.run(command, env={**os.environ, **found}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
