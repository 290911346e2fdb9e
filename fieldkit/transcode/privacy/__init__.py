"""What a file would give away, whoever made it: container, tracks, the encoder's remarks, pictures, its name."""

from fieldkit.transcode.privacy.look import cleared, tellings
from fieldkit.transcode.privacy.nouns import Telling

__all__ = ["Telling", "cleared", "tellings"]
