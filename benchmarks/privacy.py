"""What leaves the laptop, read byte by byte: all of ../shared/footage and every plant, as `proxy` and as `tweet`.

    python benchmarks/privacy.py [FOOTAGE]

For each source it says what it gives away; of each rendition (at the smallest effort) whether anything is left: by
`check --privacy`, and by looking for the planted marks, and for each text that was found in the source, in its bytes.
"""

import re
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.footage import footage
from support.planted import MARKS, PLANTS, plain

from fieldkit.errors import FieldkitError
from fieldkit.transcode import render as renders
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.privacy import tellings
from fieldkit.transcode.profiles import DUE, PROFILES

_WORD = re.compile(r"[A-Za-z0-9+.:/-]{6,}")  # what is long enough not to be in compressed pictures by chance


def texts(path: Path) -> set[bytes]:
    """The words of what a source tells that really stand in it, as bytes to look for."""
    content = path.read_bytes()
    found = {word.encode() for each in tellings(path) for word in _WORD.findall(each.found)}
    return {word for word in found if word in content}


def main(folders: list[str]) -> int:
    renders.PROFILES = {  # type: ignore[attr-defined]
        name: replace(profile, effort="quick", vmaf=None) for name, profile in PROFILES.items()
    }
    ffmpeg, left, made, refused, rules = Ffmpeg(), 0, 0, [], set()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        clip = plain(work)
        planted = [plant.make(work, clip) for plant in PLANTS]
        given = [
            path
            for each in folders
            for path in sorted(Path(each).iterdir())
            if path.suffix not in (".md", ".tsv")
        ]
        for source in [*(given or footage()), *planted]:
            try:
                told = {str(each.rule) for each in tellings(source, named=False)}
                marks = {*MARKS, *texts(source)}
            except FieldkitError as error:
                refused.append(f"{source.name}: {error}")
                continue
            rules |= told
            for profile in DUE:
                try:
                    out = renders.render(
                        source, profile, work, "made.mp4", ffmpeg, brief=Brief(trim=True)
                    ).path
                except FieldkitError as error:
                    refused.append(f"{source.name}, {profile}: {error}")
                    continue
                made += 1
                content = out.read_bytes()
                rest = [each for each in marks if each in content] + [str(each) for each in tellings(out)]
                left += bool(rest)
                print(
                    f"{source.name:38} {profile:6} {', '.join(sorted(told)) or 'nothing'} -> {rest or 'nothing'}"
                )
    print(f"\n{made} renditions, {left} with anything left; {len(rules)} kinds of telling among the sources.")
    print(f"No file was made {len(refused)} times:", *refused, sep="\n  ")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
