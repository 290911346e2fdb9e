"""No order of record, consent, render, push, decide and withdraw, on two laptops and a store, leaves a byte of what
was withdrawn within reach, or brings anything to the store without consent.
"""

import itertools
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from support.histories import World, histories

_count = itertools.count()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return World.template(tmp_path_factory.mktemp("world"))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=histories())
def test_what_is_withdrawn_is_out_of_reach_whatever_came_in_which_order(tmp_path_factory, template, steps):
    folder = tmp_path_factory.getbasetemp() / f"history{next(_count)}"
    world = World(folder, template)
    try:
        world.play(steps)
    finally:
        world.close()
        shutil.rmtree(folder)
