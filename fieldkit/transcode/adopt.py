"""A file that is fit to be sent as it is becomes a rendition without being encoded again."""

from pathlib import Path

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import Damaged, NoConsent, Refused
from fieldkit.journal import Journal
from fieldkit.model import Original, Rendition, Take
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.material import Probe
from fieldkit.transcode.probe import seen
from fieldkit.transcode.rules import judge, rejections

_TOP = {"ftyp", "styp", "moov", "mdat", "moof", "mfra", "sidx", "free", "skip", "wide"}  # what players need


def fit(path: Path) -> Probe:
    """What is in a file that `fieldkit check` finds nothing against, which tells nothing but picture and sound.

    Raises NotAVideo, Refused with what is wrong with it.
    """
    found, inside = seen(path), boxes(path)
    wrong = [f"{problem.rule} {problem.found}" for problem in rejections(judge(found, inside))]
    if inside is not None and (odd := set(inside.order) - _TOP):
        wrong.append(f"data that no player needs ({len(odd)})")
    if wrong:
        raise Refused(
            f"{path.name} can't be sent as it is ({'; '.join(wrong)}); `fieldkit check` tells more, and "
            "`fieldkit ingest` takes it in and makes a clip of it that can."
        )
    return found


def adopt(take: Take, original: Original, library: Library, journal: Journal) -> Rendition:
    """The take's `tweet`, byte for byte its original; one that was made before stays.

    Raises what `fit` does, DiskFull, Damaged.
    """
    made = {each.profile: each for each in journal.entry(take.id).renditions}
    if "tweet" in made:
        return made["tweet"]
    source = library.root / original.path
    found = fit(source)
    final = library.renditions / f"{take.tweet_id}-tweet-{original.sha256[:12]}{source.suffix}"
    part = disk.part_for(final)
    with disk.discarded_on_error(part):
        copied, size = disk.copy(source, part)
        if copied != original.sha256:
            raise Damaged(
                f"{source.name} is not what was sealed; the disk may be failing, so copy the library."
            )
        disk.publish(part, final)
    rendition = Rendition(
        take=take.id,
        profile="tweet",
        path=final.relative_to(library.root).as_posix(),
        sha256=copied,
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
