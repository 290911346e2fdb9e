"""Measures a second of sound: level, clipping, wind, the mains' hum. numpy only, a millisecond."""

from collections import deque
from typing import Any

import numpy as np

from fieldkit.capture.hints import Heard
from fieldkit.capture.rig import SOUND

RATE = SOUND  # samples/s, mono, 16 bits
_FULL = 0.985  # of full scale: what was cut off at 48 kHz comes down to about this
_TENTH = RATE // 10
_PATIENCE = 4  # seconds of silence that are still a pause
_MAINS = (50.0, 60.0)  # Hz
_NONE = -120.0  # dBFS


class Hearing:
    """The sound of one microphone, piece after piece."""

    def __init__(self) -> None:
        self._rest = b""
        self._loudest = deque([0.0] * _PATIENCE, maxlen=_PATIENCE)  # a beginning is no silence
        self.level = _NONE  # of the last tenth of a second, dBFS
        self.peak = _NONE

    def more(self, piece: bytes) -> Heard | None:
        """Takes s16le samples; what was heard once a second is full, else None."""
        self._rest += piece
        tail = np.frombuffer(self._rest[-2 * _TENTH :][: len(self._rest) // 2 * 2], np.int16) / 32768.0
        if len(tail):
            self.level, self.peak = _power(tail), _decibels(float(np.abs(tail).max()) ** 2)
        if len(self._rest) < 2 * RATE:
            return None
        second = np.frombuffer(self._rest[: 2 * RATE], np.int16).astype(np.float64) / 32768.0
        self._rest = self._rest[2 * RATE :]
        self._loudest.append(max(_power(tenth) for tenth in second.reshape(-1, _TENTH)))
        return self._heard(second)

    def _heard(self, second: Any) -> Heard:
        window = np.hanning(RATE)
        power = np.abs(np.fft.rfft(second * window)) ** 2 * 2 / (RATE * (window**2).sum())  # of a bin of 1 Hz
        whole = power[20:].sum() + 1e-12
        low = power[20:90].sum()
        stands, hum = max(_hum(power, mains) for mains in _MAINS)
        return Heard(
            level=_power(second),
            loudest=max(self._loudest),
            clipped=float((np.abs(second) >= _FULL).mean()),
            low=_decibels(float(low)),
            low_share=float(low / whole),
            hum=stands,
            hum_level=_decibels(hum),
        )


def _hum(power: Any, mains: float) -> tuple[float, float]:
    """By how many dB the second-strongest harmonic stands out of its neighbourhood, and their power.

    Two of them must: one alone is a voice or a tone, and a voice does not hold the mains' pitch.
    """
    stands, sum_ = [], 0.0
    for harmonic in range(1, 5):
        at = round(mains * harmonic)
        beside = np.concatenate([power[at - 16 : at - 4], power[at + 5 : at + 17]])
        here = power[at - 2 : at + 3]
        stands.append(_decibels(float(here.max())) - _decibels(float(np.median(beside))))
        sum_ += float(here.sum())
    return sorted(stands)[-2], sum_


def _power(samples: Any) -> float:
    return _decibels(float((samples.astype(np.float64) ** 2).mean()))


def _decibels(power: float) -> float:
    return max(_NONE, 10 * float(np.log10(power + 1e-20)))
