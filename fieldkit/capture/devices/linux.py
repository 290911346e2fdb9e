"""Linux: the kernel's nodes and what ffmpeg says of each. Ids are made as udev makes them, without udev."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit.capture.devices.nouns import Camera, Devices, Microphone, Mode
from fieldkit.capture.devices.v4l2 import rated

_V4L2 = re.compile(r"\] (?:Raw|Compressed) *: +(\S+) : .+? : (.+)$")
_SIZE = re.compile(r"(?<![\d-])(\d{1,5})x(\d{1,5})(?!\d)")
_PULSE = re.compile(r"^[ *] (\S+) \[(.*)\](?: \(.*\))?$")
_CARD = re.compile(r"^ *(\d{1,4}) \[(\S+) *\]: .*? - (.+)$", re.ASCII)
_PCM = re.compile(r"^(\d{1,4})-(\d{1,4}): .*: capture \d", re.ASCII)
_DEVICE = re.compile(r"^ [D ][E ] (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Plug:
    """Where a device hangs, and what it says of itself; of nothing on USB only `path` is known."""

    path: str  # the folder in sysfs of the thing one plugs in: camera and its microphone share it
    vendor: str = ""
    product: str = ""
    serial: str = ""
    model: str = ""  # its name in its own words


def devices(listing: Callable[[Sequence[str]], str], root: Path) -> Devices:
    """What is plugged in. A card of ALSA is named only where no sound server holds it."""
    microphones = pulse(listing(["-sources", "pulse"]))
    cards: dict[str, str] = {}  # the plug's path by a microphone's id
    if not microphones and "alsa" in ways(listing(["-devices"])):
        proc = root / "proc/asound"
        found = alsa(_read(proc / "cards"), _read(proc / "pcm"))
        microphones = tuple(microphone for _, microphone in found)
        cards = {microphone.id: plug(root / f"sys/class/sound/card{card}").path for card, microphone in found}
    cameras = []
    for node in nodes(root / "sys/class/video4linux"):
        name = f"/dev/{node.name}"
        if modes := v4l2(listing(["-f", "v4l2", "-list_formats", "all", "-i", name])):
            at = plug(node)  # a node without modes carries a camera's metadata and no picture
            label = _read(node / "name").strip() or node.name
            rates = rated(root / "dev" / node.name, modes)
            cameras.append(Camera(name, label, _id(at, node), rates, own(at, microphones, cards)))
    return Devices(tuple(cameras), microphones)


def ways(transcript: str) -> frozenset[str]:
    """From `ffmpeg -devices`: what this build can open."""
    return frozenset(name for match in _DEVICE.finditer(transcript) for name in match[1].split(","))


def nodes(folder: Path) -> list[Path]:
    """The kernel's video nodes, in order."""
    return sorted(folder.glob("video*"), key=lambda node: (len(node.name), node.name))


def v4l2(transcript: str) -> tuple[Mode, ...]:
    """From `ffmpeg -f v4l2 -list_formats all`, which tells no rates."""
    modes: dict[Mode, None] = {}
    for line in transcript.splitlines():
        if (match := _V4L2.search(line)) and match[1] != "Unsupported":
            sizes = _SIZE.findall(match[2])
            modes |= dict.fromkeys(Mode(match[1], (int(width), int(height))) for width, height in sizes)
            if not sizes:
                modes[Mode(match[1], None)] = None
    return tuple(modes)


def pulse(transcript: str) -> tuple[Microphone, ...]:
    """From `ffmpeg -sources pulse`; a monitor hears the loudspeaker, not the speaker, and is left out."""
    found = (_PULSE.match(line) for line in transcript.splitlines())
    return tuple(
        Microphone(match[1], match[2], match[1])
        for match in found
        if match and not match[1].endswith(".monitor")
    )


def alsa(cards: str, pcm: str) -> tuple[tuple[int, Microphone], ...]:
    """The number of its card and the microphone, from /proc/asound/cards and /proc/asound/pcm.

    By the card's own word, because the numbers change with each plug.
    """
    named = {int(m[1]): (m[2], m[3].strip()) for m in map(_CARD.match, cards.splitlines()) if m}
    found = [(int(m[1]), int(m[2])) for m in map(_PCM.match, pcm.splitlines()) if m]
    return tuple(
        (card, Microphone(name := f"hw:CARD={named[card][0]},DEV={device}", named[card][1], name))
        for card, device in found
        if card in named
    )


def plug(node: Path) -> Plug:
    """Where the device of a class's node hangs."""
    try:
        at = (node / "device").resolve(strict=True)
    except (OSError, RuntimeError):
        return Plug("")
    usb = next((folder for folder in (at, *at.parents) if (folder / "idVendor").is_file()), None)
    if usb is None:
        return Plug(str(at))
    vendor, product, serial, model = (
        _read(usb / part).strip() for part in ("idVendor", "idProduct", "serial", "product")
    )
    return Plug(str(usb), vendor, product, serial, model)


def own(at: Plug, microphones: Sequence[Microphone], cards: dict[str, str]) -> str | None:
    """The id of the microphone on the same plug, where exactly one is.

    A sound server names it as udev does: the maker, the model, the serial number.
    """
    if not at.vendor:
        return None
    words = [_udev(at.model or at.product)] + ([_udev(at.serial)] if at.serial else [])
    found = [
        microphone.id
        for microphone in microphones
        if cards.get(microphone.id) == at.path
        or (
            microphone.name.startswith("alsa_input.usb-")
            and f"_{'_'.join(words)}-" in microphone.name.removeprefix("alsa_input.usb").replace("-", "_", 1)
        )
    ]
    return found[0] if len(found) == 1 else None


def _id(at: Plug, node: Path) -> str:
    """By what the camera says of itself, or by the port where it has no number of its own."""
    index = _read(node / "index").strip() or "0"
    if not at.vendor:
        return f"{Path(at.path).name or node.name}:{index}"
    interface = _read(node / "device/bInterfaceNumber").strip() or "00"
    which = at.serial or f"port-{Path(at.path).name}"
    return f"usb:{at.vendor}:{at.product}:{_udev(which)}:{interface}.{index}"


def _udev(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9#+\-.:=@_]", "_", " ".join(text.split()))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
