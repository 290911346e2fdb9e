"""Lets a rendition travel while it is encoded: the intent first, then whoever sends is told."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fieldkit.growing import Growing, Runway
from fieldkit.journal import Due, Journal
from fieldkit.transcode.recipe import Recipe


class Takeoff:
    """Of one rendition. `making` is all that decides about its bytes beside source and recipe, as JSON has it."""

    def __init__(self, due: Due, journal: Journal, runway: Runway, making: Mapping[str, Any]) -> None:
        self._due, self._journal, self._runway = due, journal, runway
        self._making = json.loads(json.dumps(making))
        self._flown: Recipe | None = None
        self.expected: int | None = None  # bytes that the file will have, about

    @property
    def recorded(self) -> Recipe | None:
        """By which an encode that died had begun to travel: made by it again, it is the same bytes."""
        flight = self._journal.flights.of(self._due.take.id, self._due.profile)
        if flight is None or flight.recipe.get("making") != self._making:
            return None
        try:
            self.expected = flight.recipe.get("expected")
            return Recipe(**flight.recipe["recipe"])
        except (KeyError, TypeError):  # of a fieldkit that had other recipes
            return None

    @contextmanager
    def __call__(self, recipe: Recipe, part: Path) -> Iterator[None]:
        """Around an encode; only the first one travels, another one would be to replace it."""
        if self._flown is not None or self._runway.closed:
            yield
            return
        self._flown = recipe
        take, profile = self._due.take.id, self._due.profile
        intent = {"recipe": asdict(recipe), "making": self._making, "expected": self.expected}
        self._journal.flights.begun(take, profile, intent)
        self._runway.begin(Growing(take, profile, part))
        try:
            yield
        finally:
            self._runway.end()

    def landed(self, recipe: Recipe) -> None:
        """This is how the rendition was made after all, before it is put on record."""
        if self._flown is not None and recipe != self._flown:
            self._journal.flights.given_up(self._due.take.id, self._due.profile)
