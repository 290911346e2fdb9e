"""How hard the encoder tries, from quick to fine, as data: what each step costs and what it saves."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Dark parts of a picture get a few more bits (aq-mode 3: faces in a shelter), but fewer than x264's default would
# give to flat ones: 7 % fewer bytes at equal VMAF than strength 0.8 (benchmarks/README.md). sync-lookahead=0: without
# it the same command makes different bytes from run to run (facts/transcode.md 1c).
_ALWAYS = "aq-mode=3:aq-strength=0.5:psy-rd=0.5,0.0:sync-lookahead=0"


@dataclass(frozen=True, slots=True)
class Effort:
    """One step. `bytes` at equal VMAF and CPU `seconds` for each pixel are relative to the finest step."""

    name: str
    preset: str  # x264's
    bytes: float
    seconds: float
    better: float  # logits of VMAF at the same rate factor, against the finest step
    heavier: float  # logarithms of the bytes, the same
    extra: str = ""

    @property
    def x264(self) -> str:
        """x264's own parameters."""
        return f"{_ALWAYS}{self.extra}"


# Measured on six clips (benchmarks/README.md, "Efforts"). Slower presets than the finest step here gain nothing:
# what pays in them is the search over rate and distortion (subme 10 with trellis 2), and that is in it. The quickest
# looks 20 pictures ahead in the place of its preset's 10: 2 % fewer bytes for nothing.
EFFORTS: Mapping[str, Effort] = MappingProxyType(
    {
        step.name: step
        for step in (
            Effort("quick", "veryfast", 1.34, 0.35, better=-0.40, heavier=-0.05, extra=":rc-lookahead=20"),
            Effort("brisk", "faster", 1.19, 0.54, better=-0.11, heavier=0.08),
            Effort("steady", "fast", 1.12, 0.60, better=0.01, heavier=0.12),
            Effort("careful", "medium", 1.07, 0.70, better=0.05, heavier=0.12),
            Effort("fine", "medium", 1.0, 1.0, better=0.0, heavier=0.0, extra=":trellis=2:subme=10"),
        )
    }
)
