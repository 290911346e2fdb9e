"""The way to X and back: where a reply is written, and which link says that it was. Pure."""

from urllib.parse import urlencode

from fieldkit.errors import FieldkitError
from fieldkit.model import TweetId, author_in

_INTENT = "https://x.com/intent/post"  # docs.x.com, Web Intents; /intent/tweet is its older name


def intent(tweet_id: TweetId, text: str) -> str:
    """The page on which X has a reply to this tweet begun, with this text; the clip is added there by hand."""
    return f"{_INTENT}?{urlencode({'in_reply_to': tweet_id} | ({'text': text} if text else {}))}"


def reply_link(said: str) -> str | None:
    """The address of the post that was named when a take was marked as posted; None where none was."""
    try:
        posted = TweetId.parse(said) if "/" in said else None
    except FieldkitError:
        return None
    return f"https://x.com/{author_in(said) or 'i'}/status/{posted}" if posted else None
