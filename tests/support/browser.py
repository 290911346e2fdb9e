"""Debian's Chromium, headless, for the board, and what axe-core says of a page. Fixture: `browser`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from support.peers import missing, node_modules

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


def faults(driver: webdriver.Chrome) -> list[str]:
    """The serious and critical accessibility faults of the page, and where they are."""
    driver.execute_script((node_modules() / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = driver.execute_async_script("const done = arguments[0]; axe.run(document).then(done)")
    return [
        f"{each['id']}: {each['nodes'][0]['html']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def shown_as(driver: webdriver.Chrome, width: int, scheme: str) -> None:
    """From now on a phone's or a desk's width, light or dark."""
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": 0 < width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)
