"""fieldkit and what a crew could use in its place, over the same bad links in one run.

    .venv/bin/python benchmarks/upload.py                        # everything, about half an hour
    .venv/bin/python benchmarks/upload.py --part lossy           # or clean, wire, cuts
    .venv/bin/python benchmarks/upload.py --part clean --only fieldkit --json out.json

The real `fieldkit sync` against the real `fieldkit store serve`; between them the laboratory of benchmarks/linklab
(Linux, root), or elsewhere a TCP proxy that stands in for it. Peers are fetched once into a cache.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from crossing import Crossing, cross
from linklab import Lab, ProxyLab
from linklab.lab import available, has_bbr
from scenarios import PARTS, SCENARIOS, Scenario
from senders import SENDERS
from tables import row, table


def main() -> None:
    """Prints a table for each scenario."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="fieldkit-upload-") as folder:
        tempfile.tempdir = folder  # for every thread, so that nothing stays after Ctrl-C
        try:
            _run(asked)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(130)  # commands and namespaces end with us; waiting threads would keep us for minutes


def _run(asked: argparse.Namespace) -> None:
    in_lab = available()
    scenarios = [each for each in SCENARIOS if each.part in asked.part]
    if not in_lab:
        print(
            "No TUN devices here (Linux and root have them). A TCP proxy stands in: no loss.", file=sys.stderr
        )
        scenarios = [each for each in scenarios if not each.loss and each.part != "wire"]
    elif not has_bbr():
        print("This kernel has no BBR; what needs it is left out.", file=sys.stderr)
        scenarios = [each for each in scenarios if not each.bbr]
    names = [name for name in SENDERS if not asked.only or name in asked.only]
    told = {
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "laboratory": in_lab,
        "versions": [SENDERS[name].version() for name in names],
    }
    print(json.dumps(told), file=sys.stderr)
    done: list[Crossing] = []
    pool = ThreadPoolExecutor(asked.at_once)  # not in a `with`, which would wait for the rest after Ctrl-C
    for scenario, crossings in _all(scenarios, names, pool, asked.repeat, in_lab=in_lab):
        _show(scenario, crossings)
        done += crossings
        if asked.json:
            document = {**told, "crossings": [asdict(each) for each in done]}
            asked.json.write_text(json.dumps(document, indent=1))


def _all(
    scenarios: Sequence[Scenario],
    names: Sequence[str],
    pool: ThreadPoolExecutor,
    repeat: int | None,
    *,
    in_lab: bool,
) -> Iterator[tuple[Scenario, list[Crossing]]]:
    """Each scenario's crossings as soon as they are all there; those of later ones run meanwhile."""

    def one(scenario: Scenario, name: str, seed: int) -> Crossing:
        with (Lab if in_lab else ProxyLab)(*scenario.terms(seed)) as lab:
            return cross(scenario, name, seed, lab)

    waiting = [
        (
            scenario,
            [
                pool.submit(one, scenario, name, seed)
                for seed in range(1, (repeat or scenario.repeat) + 1)
                for name in names
                if name in scenario.senders
            ],
        )
        for scenario in scenarios
    ]
    for scenario, futures in waiting:
        yield scenario, [future.result() for future in futures]


def _show(scenario: Scenario, crossings: Sequence[Crossing]) -> None:
    print(f"\n{scenario.name}: {scenario.size:,} bytes; the line itself needs {scenario.limit:.1f} s")
    waits = ["first packet", "first bytes there", "last bytes there", "done"]
    more = ["arrived twice", "moving again after"] if scenario.cuts else waits
    table("sender", "seconds", "× the limit", "wire up ÷ payload", "both ways ÷ payload", *more)
    for name in dict.fromkeys(each.sender for each in crossings):
        tried = [each for each in crossings if each.sender == name]
        whole = [each for each in tried if each.whole]
        for each in tried:
            if not each.whole:
                print(f"{name}: {each.said.strip()}", file=sys.stderr)
        if not whole:
            row(name, "never", *[""] * (3 + len(more)))
            continue
        seconds = sorted(each.seconds for each in whole)
        spread = f" ({seconds[0]:.0f} to {seconds[-1]:.0f})" if len(seconds) > 1 else ""
        missed = f", {len(whole)} of {len(tried)} whole" if len(whole) < len(tried) else ""
        row(
            name,
            f"{median(seconds):.1f}{spread}{missed}",
            f"{median(seconds) / scenario.limit:.3f}",
            *(_share([getattr(each, kind) for each in whole], scenario) for kind in ("wire_up", "wire_both")),
            *(_cut(whole, scenario) if scenario.cuts else _waits(whole)),
        )


def _share(counted: Sequence[int], scenario: Scenario) -> str:
    return f"{median(counted) / scenario.size:.3f}" if any(counted) else "–"


def _cut(crossings: Sequence[Crossing], scenario: Scenario) -> list[str]:
    again = [wait for each in crossings for wait in each.recoveries]
    twice = median(each.twice for each in crossings) / scenario.size
    return [f"{twice:.2%}", f"{median(again):.1f} s (longest {max(again):.1f})" if again else "–"]


def _waits(crossings: Sequence[Crossing]) -> list[str]:
    """Seconds since the start at which each of these came, where packets told."""
    told = [list(accumulate(each.phases.values())) for each in crossings if each.phases]
    return [f"{median(at):.2f}" for at in zip(*told, strict=True)] if told else ["–"] * 4


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Uploads over bad links, side by side.")
    parser.add_argument(
        "--part", action="append", choices=PARTS, help="more than once for several; default all"
    )
    parser.add_argument("--only", action="append", choices=tuple(SENDERS), help="a sender, not all of them")
    parser.add_argument("--repeat", type=int, help="times each; default as the scenario says")
    parser.add_argument(
        "--at-once", type=int, default=3, help="uploads at a time, each over a link of its own"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure")
    asked = parser.parse_args()
    asked.part = asked.part or PARTS
    return asked


if __name__ == "__main__":
    main()
