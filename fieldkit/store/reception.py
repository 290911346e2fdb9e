"""From the last byte to a clip: verify, publish, catalogue. Every step may be the last before a power cut.

    bytes durable → hashed from disk → noted in the upload → moved into the media → a row → the upload forgotten

Whoever finds an upload whose bytes are all there goes on from wherever the last attempt stopped.
"""

from dataclasses import dataclass, replace

from fieldkit import disk
from fieldkit.protocol import Part, part_id, upload_id
from fieldkit.store import joining
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.label import Label, read_label
from fieldkit.store.media import Blob, Media
from fieldkit.store.nouns import Arrival, Arrived
from fieldkit.store.probe import looks
from fieldkit.store.problems import Gone, Mismatch, NotFound, Problem, Withdrawn
from fieldkit.store.uploads import Upload, Uploads


@dataclass(frozen=True, slots=True)
class Standing:
    """An unfinished upload and the bytes of it that are durable."""

    upload: Upload
    offset: int
    parts: tuple[Part, ...] = ()  # what is held beyond the offset


@dataclass(frozen=True, slots=True)
class Reception:
    """Where uploads become clips. Callers hold the upload's turn."""

    uploads: Uploads
    media: Media
    catalogue: Catalogue

    def recover(self) -> None:
        """After a crash, before anything is served: leaves no half of anything behind."""
        self.uploads.recover()
        for tweet_id, sha256 in self.catalogue.withdrawn():
            self.media.delete(tweet_id, sha256)
        for name in self.withdrawn_uploads():
            self.uploads.forget(name)

    def withdrawn_uploads(self) -> list[str]:
        """Unfinished uploads of what was withdrawn meanwhile."""
        return [name for name in list(self.uploads.all()) if self._is_withdrawn(name)]

    def standing(self, name: str) -> Standing | Arrived:
        """Where an upload stands; finishes it if only that was missing. Raises NotFound, Gone, Mismatch."""
        arrived, upload = self.catalogue.arrived(name), self.uploads.find(name)
        if arrived:
            if upload:  # died between the row and this
                self.uploads.forget(name)
            return arrived
        if upload is None:
            raise NotFound("There is no such upload.")
        if upload.verified and not self.uploads.bytes_of(name).exists():
            return self.finish(upload)
        offset = self.uploads.offset(upload)
        if offset == upload.length and not upload.partial:
            return self.finish(upload)
        return Standing(upload, offset, () if upload.partial else self.uploads.parts(name))

    def next_part(self, name: str) -> Part | None:
        """The part that the offset has reached, if any."""
        upload = self.uploads.find(name)
        if upload is None or upload.partial or not self.uploads.bytes_of(name).exists():
            return None
        parts = self.uploads.parts(name)
        return parts[0] if parts and parts[0].start <= self.uploads.offset(upload) else None

    def join(self, name: str, part: Part) -> None:
        """Takes over a part that the offset has reached. Callers hold its turn as well. Raises DiskFull."""
        upload = self.uploads.find(name)
        if upload and self.uploads.find(part_id(name, part)):
            joining.absorb(self.uploads, upload, part)

    def recall(self, label: Label, metadata: str) -> None:
        """Notes an upload of bytes that are a clip already. Raises Gone if they were withdrawn."""
        self.catalogue.check(label)
        if label.sha256:
            name = upload_id(label.tweet_id, label.sha256)
            self.catalogue.recall(name, label.tweet_id, label.sha256, metadata)

    def finish(self, upload: Upload) -> Arrived:
        """The upload, all of whose bytes are durable, becomes a clip. Raises Mismatch, Gone, DiskFull."""
        label = read_label(upload.metadata)
        blob, size = self._published(upload, label)
        arrival = Arrival(upload, label, blob, size, looks(self.media.path(blob)))
        try:
            self.catalogue.admit(arrival)
        except Gone:
            self.media.delete(blob.tweet_id, blob.sha256)
            self.uploads.forget(upload.id)
            raise
        self.uploads.forget(upload.id)
        return Arrived(blob.sha256, size, upload.place or label.place, upload.metadata, upload.concat)

    def _is_withdrawn(self, name: str) -> bool:
        try:
            upload = self.uploads.find(name)
            if upload is not None and upload.metadata:
                self.catalogue.check(read_label(upload.metadata))
        except Withdrawn:
            return True
        except Problem:
            pass  # expired, or of a label that was good once: whoever asks for it is told
        return False

    def _published(self, upload: Upload, label: Label) -> tuple[Blob, int]:
        source = self.uploads.bytes_of(upload.id)
        if source.exists():
            found, size = disk.hashed(source)
            if label.sha256 not in (None, found):
                if joining.keep_verified(self.uploads, upload):
                    raise Mismatch(
                        "Some blocks changed on the way; the others are kept, so send those again."
                    )
                self.uploads.forget(upload.id)
                raise Mismatch(
                    f"The file’s SHA-256 is {found}, not {label.sha256} as announced; "
                    "it was discarded, so send it again from the start."
                )
            self.uploads.record(replace(upload, verified=found))
            return self.media.publish(source, label.tweet_id, found), size
        return self._moved(upload, label)

    def _moved(self, upload: Upload, label: Label) -> tuple[Blob, int]:
        blob = upload.verified and self.media.find(label.tweet_id, upload.verified)
        if blob:
            found, size = disk.hashed(self.media.path(blob))
            if found == blob.sha256:
                return blob, size
            self.media.delete(blob.tweet_id, blob.sha256)
        self.uploads.forget(upload.id)
        raise NotFound("The bytes of this upload are lost; send it again from the start.")
