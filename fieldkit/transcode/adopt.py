"""A file that is fit to be sent as it is becomes a rendition without being encoded again."""

import mmap
import re
from collections.abc import Callable
from pathlib import Path

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import Damaged, NoConsent, Refused
from fieldkit.journal import Journal
from fieldkit.model import Original, Rendition, Take
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.lab import url
from fieldkit.transcode.material import Probe
from fieldkit.transcode.plan import silenced
from fieldkit.transcode.privacy import cleared, tellings
from fieldkit.transcode.probe import seen
from fieldkit.transcode.rules import judge, rejections

_TOP = {"ftyp", "styp", "moov", "mdat", "moof", "mfra", "sidx", "free", "skip", "wide"}  # what players need
_FILLING = re.compile(rb"Lavc\d{2}\.\d{1,3}\.\d{1,3}")


def fit(path: Path) -> Probe:
    """What is in a file that `fieldkit check` finds nothing against, which tells nothing but picture and sound.

    Raises NotAVideo, Refused with what is wrong with it.
    """
    found, inside = seen(path), boxes(path)
    wrong = [f"{problem.rule} {problem.found}" for problem in rejections(judge(found, inside))]
    wrong += dict.fromkeys(each.rule for each in tellings(path, named=False) if each.severity == "reject")
    if inside is not None and (odd := set(inside.order) - _TOP):
        wrong.append(f"data that no player needs ({len(odd)})")
    if wrong:
        raise Refused(
            f"{path.name} can't be sent as it is ({'; '.join(wrong)}); `fieldkit check` tells more, and "
            "`fieldkit ingest` takes it in and makes a clip of it that can."
        )
    return found


def adopt(
    take: Take, original: Original, library: Library, journal: Journal, ffmpeg: Callable[[], Ffmpeg]
) -> Rendition:
    """The take's `tweet`: byte for byte its original where that tells nothing; one that was made before stays.

    What only says with which program it was made loses that: picture and sound are copied as they are, without it.
    Raises what `fit` does, DiskFull, Damaged.
    """
    if journal.protection.of(take.id) is not None:
        raise Refused(
            "This take is protected, so it is never sent as it is; `fieldkit render` makes what is."
        )
    made = {each.profile: each for each in journal.entry(take.id).renditions}
    if "tweet" in made:
        return made["tweet"]
    source = library.root / original.path
    found = fit(source)
    quiet = not tellings(source, named=False)
    suffix = source.suffix if quiet else ".mp4"
    part = disk.part_for(library.renditions / f"tweet{suffix}")
    with disk.discarded_on_error(part):
        if quiet:
            sha256, size = disk.copy(source, part)
            if sha256 != original.sha256:
                raise Damaged(
                    f"{source.name} is not what was sealed; the disk may be failing, so copy the library."
                )
        else:
            ffmpeg().run(silenced(url(source), url(part), found), seconds=found.seconds)
            _hush(part)
            found = fit(part)
            sha256, size = disk.hashed(part)
        cleared(part, source.name)
        final = library.renditions / f"{take.tweet_id}-tweet-{sha256[:12]}{suffix}"
        disk.publish(part, final)
    rendition = Rendition(
        take=take.id,
        profile="tweet",
        path=final.relative_to(library.root).as_posix(),
        sha256=sha256,
        bytes=size,
        seconds=round(found.seconds, 3),
        width=found.width,
        height=found.height,
    )
    try:
        journal.rendered(rendition)
    except NoConsent:
        disk.remove(final)
        raise
    return rendition


def _hush(part: Path) -> None:
    """Takes ffmpeg's name out of the sound's first frame, where it fills space that decoders skip (ISO 14496-3)."""
    with part.open("rb+") as file, mmap.mmap(file.fileno(), 0) as content:
        for found in [each.span() for each in _FILLING.finditer(content)]:
            content[slice(*found)] = bytes(found[1] - found[0])
