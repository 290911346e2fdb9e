"""Every file of the footage: a rendition that passes its own check, or one sentence."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from clips import FOOTAGE
from measure import CACHE, cached
from ours import STATE
from tables import row, table

from fieldkit.errors import FieldkitError
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.check import check, rejections
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.render import render

_BRIEF = Brief(rate=1e6)
_NOT_MEDIA = {".tsv", ".md"}


def measure_footage(_: object) -> None:
    """Prints a line for each."""
    print("\n## All of the footage")
    table("file", "what came of it")
    counted: Counter[str] = Counter()
    for path in sorted(each for each in FOOTAGE.iterdir() if each.suffix not in _NOT_MEDIA):
        found = cached((STATE, path.name, "footage"), lambda path=path: _tried(path))
        counted[found["came"]] += 1
        row(path.name, f"{found['came']}: {found['said']}")
    print(f"\n{', '.join(f'{count} {came}' for came, count in counted.items())}.")


def _tried(path: Path) -> dict[str, str]:
    with TemporaryDirectory(dir=CACHE) as folder:
        try:
            made = render(path, "tweet", Path(folder), "made.mp4", Ffmpeg(), brief=_BRIEF)
        except FieldkitError as error:
            return {"came": "refused", "said": str(error)}
        bad = rejections(check(made.path))
        shape = f"{made.width}×{made.height}, {made.seconds:.1f} s, {made.bytes / 1000:.0f} kB"
        return {"came": "fails its check" if bad else "made", "said": str(bad) if bad else shape}
