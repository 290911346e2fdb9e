"""Every error raised on purpose, sorted by who can cure it.

    FieldkitError
    ├── NeedsCrew          a person must do something; trying again alone will not help   exit 3
    │   ├── NotATweet
    │   ├── NoConsent
    │   ├── NoDevice
    │   ├── NotAVideo
    │   ├── TooLong
    │   ├── DiskFull
    │   ├── Unready
    │   ├── NotAuthorised
    │   └── Refused
    │       └── Withdrawn
    ├── WorthRetrying      time cures it; everything is kept                               exit 4
    │   ├── LinkDown
    │   └── StoreBusy
    ├── SetAside           nothing is wrong: the crew or a setting has it wait             exit 4
    │   ├── Cancelled
    │   └── Held
    └── Damaged            bytes are not what they were; nobody can cure it                exit 5

The class is the retry policy, the exit code and the tone of the sentence at once. Each message is one
sentence written to the crew: what went wrong, what is safe, what to do next.
"""


class FieldkitError(Exception):
    """Something fieldkit knows how to say in one sentence."""

    exit_code = 1


class NeedsCrew(FieldkitError):
    """A person has to do something first: choose another file, plug in the camera, free the disk."""

    exit_code = 3


class NotATweet(NeedsCrew):
    """What was given is neither a tweet ID nor a status URL of twitter.com or x.com."""


class NoConsent(NeedsCrew):
    """Nothing without consent leaves the laptop."""


class NoDevice(NeedsCrew):
    """The camera or microphone that was asked for is not there, is busy, or has gone."""


class NotAVideo(NeedsCrew):
    """The file holds no picture that can be read."""


class TooLong(NeedsCrew):
    """The clip is longer than the destination takes."""


class DiskFull(NeedsCrew):
    """There is no room left on a disk; what was safe before is still safe."""


class Unready(NeedsCrew):
    """The laptop itself lacks something: a program, a folder, a permission; no take is to blame."""


class NotAuthorised(NeedsCrew):
    """The store does not know this laptop's token."""


class Refused(NeedsCrew):
    """The other side understood and said no for good; asking again will not change it."""


class Withdrawn(Refused):
    """The person on the clip took their consent back, and the store knows it before this laptop does."""


class WorthRetrying(FieldkitError):
    """The link or the store is down or busy; everything is kept and goes on by itself later."""

    exit_code = 4


class LinkDown(WorthRetrying):
    """No answer, a cut, a stall, or an answer that did not come from the store (a captive portal)."""


class StoreBusy(WorthRetrying):
    """The store answered, but can't serve just now."""


class SetAside(FieldkitError):
    """An upload makes way for a more urgent one, or waits because the crew said so; what was sent is kept."""

    exit_code = 4


class Cancelled(SetAside):
    """The crew does not want this upload to be sent any more."""


class Held(SetAside):
    """The hours, the day's budget or the battery keep everything from being sent for now."""


class Damaged(FieldkitError):
    """Bytes differ from their recorded SHA-256."""

    exit_code = 5


def own_mistake(error: Exception) -> str:
    """The sentence for what nobody foresaw, with no more of it than a report needs."""
    return (
        f"fieldkit made a mistake of its own ({type(error).__name__}: {str(error)[:200]}); everything done so far is "
        "safe. Please report it, with what FIELDKIT_DEBUG=1 shows."
    )
