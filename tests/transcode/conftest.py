from dataclasses import replace
from types import MappingProxyType

import pytest

from fieldkit.transcode import profiles, render
from fieldkit.transcode.ffmpeg import Ffmpeg


@pytest.fixture(scope="session")
def ffmpeg() -> Ffmpeg:
    return Ffmpeg()


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything as in the real profiles, but x264 takes less trouble."""
    hasty = {name: replace(profile, effort="quick", vmaf=None) for name, profile in profiles.PROFILES.items()}
    monkeypatch.setattr(render, "PROFILES", MappingProxyType(hasty))
