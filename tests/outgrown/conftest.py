"""PostgreSQL and S3 for every test in this folder: those that the environment names, or some of their own."""

import os
from collections.abc import Iterator

import pytest
from support.peers import seaweedfs_s3
from support.postgres import Postgres

if (
    "FIELDKIT_TEST_DATABASE" not in os.environ
):  # tests/support/conformance.py runs all of them, beside the long suite
    collect_ignore = ["test_bucket.py", "test_deploy.py", "test_kills.py", "test_postgres.py"]


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """One that a test may kill."""
    with Postgres() as running:
        yield running


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A bucket `clips`, known to whatever is started here."""
    if "FIELDKIT_TEST_MEDIA" in os.environ:
        yield
        return
    with seaweedfs_s3(tmp_path_factory.mktemp("s3")) as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setenv(name, value)
        yield
