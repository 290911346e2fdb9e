"""Clips in an S3 bucket, `<prefix>/<tweet>/<sha256>.<kind>`: the only module that speaks S3.

Where the bucket is and who asks is AWS's own configuration: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, ~/.aws/config …
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fieldkit import disk
from fieldkit.errors import Damaged, NeedsCrew, StoreBusy
from fieldkit.model import Sha256, TweetId
from fieldkit.store.media import TYPES, Blob

# Bytes: what is larger goes up piece by piece, each in memory as a whole (S3 takes 10,000: our largest needs 8,192)
_PIECE = 8 * 1024 * 1024
_PATIENCE = {"connect_timeout": 5, "read_timeout": 60, "retries": {"mode": "standard", "max_attempts": 3}}
_OURS_TO_CURE = (
    "NoSuchBucket",
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "403",
    "InvalidBucketName",
)


class Missing(NeedsCrew):
    """The bucket has no such object."""


class Bucket:
    """One bucket. Raises StoreBusy while it does not answer, NeedsCrew where it refuses."""

    def __init__(self, client: Any, name: str, prefix: str) -> None:
        self._client = client
        self._name = name
        self._prefix = prefix

    def put(self, blob: Blob, source: Path, stopped: Callable[[], bool] = lambda: False) -> None:
        """Returns when the bucket holds the blob: read back, and compared with its SHA-256.

        Raises Damaged where `source` or what came back is something else, StoreBusy once `stopped` says so.
        """
        if disk.hashed(source)[0] != blob.sha256:
            raise Damaged(f"{source} is not what its name says.")
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415

        def sent(_bytes: int) -> None:  # an upload may take minutes
            if stopped():
                raise StoreBusy("The store is stopping; the bucket gets the clip later.")

        config = TransferConfig(multipart_threshold=_PIECE, multipart_chunksize=_PIECE, use_threads=False)
        about = {"ExtraArgs": {"ContentType": TYPES[blob.kind]}, "Config": config, "Callback": sent}
        with _translated(), source.open("rb") as file:
            self._client.upload_fileobj(file, self._name, self._key(blob), **about)
        if self.hashed(blob, stopped)[0] != blob.sha256:
            self.erase(blob.tweet_id, blob.sha256)
            raise Damaged(
                f"The bucket gave back other bytes than those of {blob.sha256}; they were deleted there."
            )

    def read(self, blob: Blob, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to and with `end`, in blocks. Asks at once; raises Missing."""
        wanted = {"Range": f"bytes={start}-{'' if end is None else end}"} if start or end is not None else {}
        with _translated():
            body = self._client.get_object(Bucket=self._name, Key=self._key(blob), **wanted)["Body"]
        return _blocks(body)

    def hashed(self, blob: Blob, stopped: Callable[[], bool] = lambda: False) -> tuple[Sha256, int]:
        """The SHA-256 and size in bytes of what the bucket holds. Raises Missing."""
        digest, size = hashlib.sha256(), 0
        for block in self.read(blob):
            if stopped():
                raise StoreBusy("The store is stopping.")
            digest.update(block)
            size += len(block)
        return Sha256(digest.hexdigest()), size

    def save(self, blob: Blob, part: Path) -> tuple[Sha256, int]:
        """Writes the bytes into `part`; their SHA-256 and size. Raises Missing, DiskFull."""
        digest, size = hashlib.sha256(), 0
        with disk.translated(part), part.open("xb") as file:
            for block in self.read(blob):
                digest.update(block)
                size += file.write(block)
            file.flush()
            disk.fsync(file.fileno())
        return Sha256(digest.hexdigest()), size

    def erase(self, tweet_id: TweetId, sha256: Sha256) -> None:
        """The bytes are gone for good, in all versions, also those of uploads that never ended; twice is no error."""
        prefix = f"{self._prefix}{tweet_id}/{sha256}."
        with _translated():
            for page in self._pages("list_object_versions", prefix):
                for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    named = {"Bucket": self._name, "Key": each["Key"]}
                    self._client.delete_object(**named, VersionId=each["VersionId"])
            for page in self._pages("list_multipart_uploads", prefix):
                for each in page.get("Uploads", ()):
                    named = {"Bucket": self._name, "Key": each["Key"]}
                    self._client.abort_multipart_upload(**named, UploadId=each["UploadId"])

    def names(self) -> Iterator[tuple[str, str]]:
        """The folder and the name of every object that could be a clip's: `(<tweet>, <sha256>.<kind>)`."""
        with _translated():
            for page in self._pages("list_objects_v2", self._prefix):
                for each in page.get("Contents", ()):
                    tweet_id, _, name = str(each["Key"]).removeprefix(self._prefix).rpartition("/")
                    yield tweet_id, name

    def check(self) -> None:
        """Raises NeedsCrew where there is no such bucket, or it is not ours; StoreBusy."""
        with _translated():
            self._client.list_objects_v2(Bucket=self._name, Prefix=self._prefix, MaxKeys=1)

    def _key(self, blob: Blob) -> str:
        return f"{self._prefix}{blob.tweet_id}/{blob.sha256}.{blob.kind}"

    def _pages(self, what: str, prefix: str) -> Iterator[dict[str, Any]]:
        yield from self._client.get_paginator(what).paginate(Bucket=self._name, Prefix=prefix)


def bucket_at(said: str) -> Bucket:
    """The bucket that the administrator named, `s3://bucket/prefix`. Raises NeedsCrew."""
    url = urlsplit(said)
    if url.scheme != "s3" or not url.netloc or url.query or url.fragment:
        raise NeedsCrew("--media is a bucket, such as `s3://clips` or `s3://clips/fieldkit`.")
    try:
        import boto3  # noqa: PLC0415 - a third of a second that a store without a bucket has no use for
        from botocore.config import Config  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise NeedsCrew("A bucket needs fieldkit’s extra: `pip install 'fieldkit[s3]'`.") from error
    prefix = f"{url.path.strip('/')}/".lstrip("/")
    with _translated():
        client = boto3.client("s3", config=Config(**_PATIENCE))
    return Bucket(client, url.netloc, prefix)


def _blocks(body: Any) -> Iterator[bytes]:
    with _translated(), closing(body):
        while block := body.read(disk.BLOCK):
            yield block


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError  # noqa: PLC0415

    try:
        yield
    except NoCredentialsError as error:
        raise NeedsCrew(
            "Nothing says who may use the bucket: set AWS_ACCESS_KEY_ID and its secret."
        ) from error
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ("NoSuchKey", "404"):
            raise Missing("The bucket has no such clip.") from error
        if code in _OURS_TO_CURE:
            raise NeedsCrew(
                f"The bucket refuses ({code}); nothing is lost, look at its name and its keys."
            ) from error
        raise StoreBusy(f"The bucket can’t serve just now ({code}); nothing is lost.") from error
    except BotoCoreError as error:
        raise StoreBusy("The bucket does not answer just now; nothing is lost.") from error
