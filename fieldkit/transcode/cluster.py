"""The only module that knows Dask: the jobs of a batch on the workers of a cluster.

Every machine reaches the files under the same absolute paths (a shared folder) and has this fieldkit installed. A
worker encodes into a part beside the target and publishes it there; what dies with a worker is done by another one.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from fieldkit.errors import FieldkitError, LinkDown, NeedsCrew, Unready, WorthRetrying
from fieldkit.transcode.batch import Done
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.job import Job, Result, do

_PATIENCE = 15.0  # seconds until a scheduler without an answer, or without a worker, is given up


class Cluster:
    """A Dask scheduler's workers."""

    parts_are_ours = False  # a worker may still be at work for a batch that was killed

    def __init__(self, address: str, binary: str | None = None, patience: float = _PATIENCE) -> None:
        """`binary` is the path of ffmpeg on the workers. Raises NeedsCrew where Dask is not installed."""
        try:
            import distributed  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise NeedsCrew(
                "--dask needs Dask, which is not installed here: `pip install 'fieldkit[dask]'`, on the workers too."
            ) from error
        for name in logging.root.manager.loggerDict:
            if name.partition(".")[0] == "distributed":  # the sentences below say it
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._dask: Any = distributed
        self._address, self._binary, self._patience = address, binary, patience

    def __call__(self, jobs: Sequence[Job]) -> Done:
        if not jobs:
            return
        with self._client() as client:
            futures = {
                client.submit(_work, _placed(job), self._binary, key=f"fieldkit-{uuid4()}", pure=False): job
                for job in jobs
            }
            # cancelled when this ends early: what has begun is finished, the rest is not begun
            for future in self._dask.as_completed(futures):
                job = futures.pop(future)
                yield job, replace(self._result(future), source=str(job.source))

    def _result(self, future: Any) -> Result:
        if future.cancelled() or future.status == "lost":
            raise LinkDown(f"The Dask scheduler at {self._address} has gone. {_KEPT}")
        error = future.exception()
        if error is None:
            result: Result = future.result()
            return result
        if isinstance(error, FieldkitError):
            raise error
        if isinstance(error, self._dask.KilledWorker):
            raise WorthRetrying(
                f"Worker after worker died at {error.task}; look at their memory. {_KEPT}"
            ) from error
        raise Unready(
            f"The Dask workers can't do it ({type(error).__name__}: {str(error)[:200]}); they need this fieldkit "
            "and the files under the same paths."
        ) from error

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            client = self._dask.Client(self._address, timeout=self._patience)
        except (OSError, ValueError) as error:  # a time-out is an OSError
            raise LinkDown(
                f"No Dask scheduler answers at {self._address}; check the address and start it (`dask scheduler`). "
                f"{_KEPT}"
            ) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=self._patience)
            except TimeoutError as error:
                raise WorthRetrying(
                    f"The Dask scheduler at {self._address} has no workers; start some (`dask worker`). {_KEPT}"
                ) from error
            yield client


_KEPT = "What is done is kept; run the same command again."


def _placed(job: Job) -> Job:
    """The job as another machine understands it."""
    return replace(job, source=job.source.absolute())


def _work(job: Job, binary: str | None) -> Result:
    """Runs on a worker."""
    return do(job, Ffmpeg(binary, gentle=True))
