"""What the crew should know of a clip that can be used, but not as it was meant. Pure."""

from fieldkit.transcode.material import Probe

_LEAST, _SHARE = 0.5, 0.03  # seconds, and of the whole; a recorder's last packets are often missing


def remarks(probe: Probe) -> tuple[str, ...]:
    """A sentence each."""
    return (*_cut_short(probe), *_unseen(probe), *_combed(probe))


def _cut_short(probe: Probe) -> tuple[str, ...]:
    whole = probe.seconds + probe.lost
    if probe.lost <= max(_LEAST, _SHARE * whole):
        return ()
    said = f"Only {probe.seconds:.1f} s of {whole:.1f} s could be read: the copy is cut short; "
    return (said + "copy it again if you still have the card.",)


def _unseen(probe: Probe) -> tuple[str, ...]:
    if probe.video is not None:
        return ()
    if "video" in probe.others:
        said = "Its pictures can't be read, so only its sound is shown, as a card with its waveform; "
        return (said + "copy it again if you still have the card.",)
    return ("It holds sound but no picture, so it is shown as a card with its waveform.",)


def _combed(probe: Probe) -> tuple[str, ...]:
    if probe.video is None or probe.video.combed is None:
        return ()
    return ("Its pictures are interlaced, although the file does not say so; they were made whole.",)
