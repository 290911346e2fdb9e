"""A shift at the board, in a real browser: asked, arrived, played, decided, replied to, posted."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from support.browser import browser, faults, shown_as
from support.store import StoreProcess
from support.tus import Tus, sha256

__all__ = ["browser"]

TWEET = "1992500000000000000"
QUESTION = "من سيفتح لنا الباب؟ كم من الوقت سننتظر في kakuma؟"
CAMPAIGN = "An answer from #Kakuma & its people:"
REPLY = "https://x.com/campaign/status/1992600000000000001"
TAKE = "0190e5a0-0000-7000-8000-00000000000{}"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Tus]:
    """A store of its own, with the campaign's words."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "reply.txt").write_text(f"{CAMPAIGN}\n", "utf-8")
    with StoreProcess(root) as running:
        yield Tus(running.url)


def until(browser: webdriver.Chrome, seen: Callable[[webdriver.Chrome], Any]) -> Any:
    """Waits; what is looked for may be exchanged at this very moment."""
    fleeting = (StaleElementReferenceException, NoSuchElementException)
    return WebDriverWait(browser, 15, 0.05, ignored_exceptions=fleeting).until(seen)


def live(browser: webdriver.Chrome, url: str) -> None:
    browser.get(url)
    until(browser, lambda b: b.find_element(By.ID, "live").text == "Live")


def look(browser: webdriver.Chrome, name: str) -> None:
    """Pictures for people to look at, where FIELDKIT_SCREENSHOTS says; and what axe-core says of each."""
    folder = os.environ.get("FIELDKIT_SCREENSHOTS")
    for width, scheme in ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")):
        shown_as(browser, width, scheme)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert faults(browser) == [], f"{name} at {width}, {scheme}"
        if folder:
            browser.save_screenshot(str(Path(folder) / f"{name}-{width}-{scheme}.png"))


def test_a_shift_from_the_request_to_the_reply(house: Tus, browser: webdriver.Chrome, video: bytes) -> None:
    live(browser, house.url)
    browser.get_log("browser")
    browser.execute_script("window.mark = true")
    browser.find_element(By.CSS_SELECTOR, "#ask summary").click()
    form = browser.find_element(By.ID, "asking")
    form.find_element(By.NAME, "tweet").send_keys(f"https://x.com/amnesty/status/{TWEET}?s=20")
    form.find_element(By.NAME, "text").send_keys(QUESTION)
    form.find_element(By.NAME, "language").send_keys("ar")
    form.find_element(By.NAME, "priority").send_keys("urgent")
    form.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    row = until(browser, lambda b: b.find_element(By.ID, f"asked-{TWEET}"))
    assert "@amnesty" in row.text
    assert "no take yet" in row.text
    assert browser.execute_script("return window.mark") is True
    what = row.find_element(By.CLASS_NAME, "what")
    assert browser.execute_script("return getComputedStyle(arguments[0]).direction", what) == "rtl"
    look(browser, "1-asked")

    until(browser, lambda b: b.find_element(By.CSS_SELECTOR, f"#asked-{TWEET} a").click() is None)
    until(browser, lambda b: b.find_element(By.ID, "live").text == "Live")
    browser.execute_script("window.mark = true")
    house.upload(video, tweet_id=TWEET, take=TAKE.format(1), profile="proxy", place="kakuma")
    card = until(browser, lambda b: b.find_element(By.ID, f"take-{TAKE.format(1)}"))
    seen = card.find_element(By.TAG_NAME, "video")
    browser.execute_script("arguments[0].muted = arguments[0].loop = true", seen)
    press(browser, "jp")
    until(browser, lambda b: b.execute_script("return arguments[0].currentTime > 0.1", seen))

    press(browser, "a")
    until(browser, lambda b: card.find_element(By.CSS_SELECTOR, "[data-decision]").text == "approved")
    until(browser, lambda b: "not here yet" in card.text)
    house.upload(video + b"\0" * 9, tweet_id=TWEET, take=TAKE.format(1), profile="tweet", place="kakuma")
    download = until(browser, lambda b: card.find_element(By.PARTIAL_LINK_TEXT, "Download the MP4"))
    assert download.get_attribute("href").endswith(sha256(video + b"\0" * 9))
    assert browser.execute_script("return !arguments[0].paused", seen)  # nobody who watches is disturbed
    named = house.ask("GET", f"/clips/{TWEET}/{sha256(video + bytes(9))}").headers["Content-Disposition"]
    assert f"{TWEET}-tweet-" in named
    assert ".mp4" in named

    intent = card.find_element(By.PARTIAL_LINK_TEXT, "Write the reply").get_attribute("href")
    assert intent.startswith("https://x.com/intent/post?")
    assert parse_qs(urlsplit(intent).query) == {"in_reply_to": [TWEET], "text": [CAMPAIGN]}
    look(browser, "2-approved")

    card.find_element(By.NAME, "link").send_keys(REPLY)
    house.upload(b"a third", tweet_id=TWEET, take=TAKE.format(2))  # it comes while somebody types
    until(browser, lambda b: b.find_element(By.ID, f"take-{TAKE.format(2)}"))
    assert card.find_element(By.NAME, "link").get_attribute("value") == REPLY
    card.find_element(By.NAME, "posted").click()
    until(browser, lambda b: card.find_element(By.CSS_SELECTOR, "[data-decision]").text == "posted")
    until(browser, lambda b: card.find_element(By.LINK_TEXT, REPLY))
    until(browser, lambda b: "posted 1" in b.find_element(By.CLASS_NAME, "steps").text)
    assert browser.execute_script("return window.mark") is True  # all of it without a reload
    look(browser, "3-posted")
    told = house.ask("GET", f"/clips/{TWEET}").json()["clips"]
    assert {clip["decision"] for clip in told if clip["take"] == TAKE.format(1)} == {"posted"}

    live(browser, house.url)
    assert "in the median of the last 1" in browser.find_element(By.ID, "median").text
    assert not browser.find_elements(By.ID, f"asked-{TWEET}")
    assert browser.get_log("browser") == []  # nothing blocked, nothing thrown
    look(browser, "4-desk")


def press(browser: webdriver.Chrome, keys: str) -> None:
    ActionChains(browser).send_keys(keys).perform()
