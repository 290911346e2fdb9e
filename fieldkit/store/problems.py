"""What the store answers when it says no: each problem with its status and a word for machines."""

from collections.abc import Mapping

from fieldkit.protocol import WITHDRAWN


class Problem(Exception):
    """Answered as `{error, detail}` with `status`; the detail is one sentence written to a person."""

    status = 400
    error = "bad-request"

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})


class NotKnown(Problem):
    """No token, or one that the store does not know or has revoked; never said of a token that it knows."""

    status = 401
    error = "not-authorised"


class NotAllowed(Problem):
    """Not with this upload or clip, or not from there; it says nothing against the token itself."""

    status = 403
    error = "not-allowed"


class NotFound(Problem):
    status = 404
    error = "not-found"


class BodyStalled(Problem):
    """No byte came for too long; what came before is kept."""

    status = 408
    error = "stalled"


class Conflict(Problem):
    """The upload or clip does not stand where the request thinks it does."""

    status = 409
    error = "conflict"


class Superseded(Conflict):
    """A newer request for the same upload took over; what came before is kept."""

    error = "superseded"


class Gone(Problem):
    """Expired, terminated or withdrawn."""

    status = 410
    error = "gone"


class Withdrawn(Gone):
    """The person on the clip took their consent back, which nothing changes any more."""

    error = WITHDRAWN


class OtherVersion(Problem):
    status = 412
    error = "tus-version"


class TooLarge(Problem):
    status = 413
    error = "too-large"


class WrongType(Problem):
    status = 415
    error = "wrong-type"


class Mismatch(Problem):
    """The bytes are not those of the checksum; they were discarded (tus 1.0.0, checksum: 460)."""

    status = 460
    error = "checksum-mismatch"


class Busy(Problem):
    """As many do this at once as the store can bear."""

    status = 503
    error = "busy"


class TooOften(Problem):
    """Too many attempts; `Retry-After` says how many seconds to wait."""

    status = 429
    error = "too-often"


class Stopping(Problem):
    status = 503
    error = "stopping"


class StoreFull(Problem):
    """No room on the store's disk; everything received so far is kept."""

    status = 507
    error = "store-full"


class QuotaSpent(Problem):
    """The token's bytes for today are used up; tomorrow it may send again."""

    status = 507
    error = "quota"
