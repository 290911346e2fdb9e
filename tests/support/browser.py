"""Debian's Chromium, headless, for the board. Fixture: `browser`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from support.peers import missing

_CHROMIUM, _DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """A browser with a fresh profile."""
    for needed in (_CHROMIUM, _DRIVER):
        if not needed.exists():
            missing(str(needed))
    options = webdriver.ChromeOptions()
    options.binary_location = str(_CHROMIUM)
    with tempfile.TemporaryDirectory() as profile:
        for argument in (*_QUIET, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(_DRIVER)))
        try:
            yield driver
        finally:
            driver.quit()
