"""The document that libass reads (Advanced SubStation Alpha), with its fonts inside. Pure.

Text comes from strangers' files: nothing in it may be taken for an order.
"""

from collections.abc import Iterable, Sequence

from fieldkit.transcode.lettering import LRM, RLM, Face, Line

_JOINER = "\u2060"  # draws nothing and joins nothing that a caption has
_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, \
MarginV, Encoding
Style: Words,{family},40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,2,0,0,0,-1

[Fonts]
{fonts}
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
{events}
"""


def document(frame: tuple[int, int], faces: Sequence[Face], events: Iterable[str]) -> str:
    """The whole of it; lengths in the events are pixels of that frame."""
    return _HEAD.format(
        width=frame[0],
        height=frame[1],
        family=faces[0].family,
        fonts="".join(
            f"fontname: {number}.ttf\n{_encoded(face.data)}\n" for number, face in enumerate(faces)
        ),
        events="\n".join(events),
    )


def escaped(text: str) -> str:
    """Text in which libass finds no order: a backslash is kept from the letter behind it, a brace from its twin."""
    return text.replace("\\", "\\" + _JOINER).replace("{", "\\{").replace("}", "\\}")


def spelled(line: Line, em: float) -> str:
    """A line of text, each run in its face, in the direction it is read."""
    return (RLM if line.rtl else LRM) + "".join(
        f"{{\\fn{face.family}\\fs{face.height * em:.2f}}}{escaped(run)}" for face, run in line.runs
    )


def box(
    layer: int, times: tuple[float, float], sides: tuple[float, float, float, float], paint: str, more: str
) -> str:
    """A filled box; `sides` are left, top, width, height, `more` are further orders."""
    left, top, width, height = (round(length) for length in sides)
    shape = f"m 0 0 l {width} 0 {width} {height} 0 {height}"
    return event(layer, times, f"{{\\an7\\pos({left},{top}){more}\\1c{colour(paint)}\\p1}}{shape}{{\\p0}}")


def event(layer: int, times: tuple[float, float], text: str) -> str:
    """One line of the document; times in seconds, higher layers above lower ones."""
    start, end = (_time(seconds) for seconds in times)
    return f"Dialogue: {layer},{start},{end},Words,,0,0,0,,{text}"


def colour(rgb: str) -> str:
    """#rrggbb as ASS writes it, blue first."""
    return f"&H{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}&".upper()


def _time(seconds: float) -> str:
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"


def _encoded(data: bytes) -> str:
    """A file inside an ASS document: six bits a letter from “!” on, in lines of 80."""
    whole = "".join(
        "".join(
            chr(33 + (int.from_bytes(three.ljust(3, b"\0"), "big") >> shift & 63)) for shift in (18, 12, 6, 0)
        )[: len(three) + 1]
        for three in (data[at : at + 3] for at in range(0, len(data), 3))
    )
    return "\n".join(whole[at : at + 80] for at in range(0, len(whole), 80))
