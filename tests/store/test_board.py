"""The board, as a person sees it in a real browser."""

import random

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait
from support.browser import browser
from support.tus import Tus, sha256

from fieldkit.model.card import card_of, new_code

__all__ = ["browser"]

BODY = random.Random(6).randbytes(3000)
TAKES = [f"0190e5a0-0000-7000-8000-00000000000{number}" for number in range(2)]


def _cards(browser: webdriver.Chrome, tweet: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, f".take[data-tweet='{tweet}']")


def _decision(card: WebElement) -> str:
    return card.find_element(By.CSS_SELECTOR, "[data-decision]").text


def _until(browser: webdriver.Chrome, card: WebElement, decision: str) -> None:
    wait = WebDriverWait(browser, 10, ignored_exceptions=(StaleElementReferenceException,))
    wait.until(lambda _: _decision(card) == decision)


def _press(browser: webdriver.Chrome, card: WebElement, name: str) -> None:
    """A click; the page may just have exchanged the button."""
    wait = WebDriverWait(browser, 10, ignored_exceptions=(StaleElementReferenceException,))
    wait.until(lambda _: card.find_element(By.NAME, name).click() is None)


def _stored(store: Tus, tweet: str) -> list[str | None]:
    return [clip["decision"] for clip in store.ask("GET", f"/clips/{tweet}").json()["clips"]]


def test_the_board_shows_takes_under_their_tweet_the_proxy_first(
    store: Tus, tweet: str, browser: webdriver.Chrome, video: bytes
) -> None:
    store.upload(video + b"\0" * 9, tweet_id=tweet, take=TAKES[0], profile="tweet", place="kakuma")
    store.upload(video, tweet_id=tweet, take=TAKES[0], profile="proxy", place="kakuma")
    store.upload(BODY, tweet_id=tweet, take=TAKES[1])
    browser.get(f"{store.url}/tweets/{tweet}")
    newer, older = _cards(browser, tweet)
    assert "No picture" in newer.text
    assert (newer.get_attribute("aria-label"), older.get_attribute("aria-label")) == (
        f"Take 2 for tweet {tweet}",
        f"Take 1 for tweet {tweet}",
    )
    assert (
        older.find_element(By.TAG_NAME, "video").get_attribute("src")
        == f"{store.url}/clips/{tweet}/{sha256(video)}"
    )
    assert [link.text for link in older.find_elements(By.CSS_SELECTOR, ".files a")] == ["proxy", "tweet"]
    for shown in ("kakuma", "320×180", "0:02", sha256(video)[:12], "waiting"):
        assert shown in older.text


def test_a_clip_plays_on_the_board(store: Tus, tweet: str, browser: webdriver.Chrome, video: bytes) -> None:
    store.upload(video, tweet_id=tweet)
    browser.get(f"{store.url}/tweets/{tweet}")
    shown = _cards(browser, tweet)[0].find_element(By.TAG_NAME, "video")
    browser.execute_script("arguments[0].muted = true; arguments[0].play()", shown)
    WebDriverWait(browser, 10).until(
        lambda b: b.execute_script("return arguments[0].currentTime > 0.1", shown)
    )


def test_a_decision_is_taken_without_a_reload(store: Tus, tweet: str, browser: webdriver.Chrome) -> None:
    store.upload(BODY, tweet_id=tweet, take=TAKES[0], profile="proxy")
    store.upload(BODY + b"more", tweet_id=tweet, take=TAKES[0], profile="tweet")
    browser.get(f"{store.url}/tweets/{tweet}")
    browser.execute_script("window.mark = true")
    name = browser.find_element(By.ID, "by")
    name.clear()
    name.send_keys("Amal\t")
    (card,) = _cards(browser, tweet)
    _press(browser, card, "retake")  # from then on nothing of it is exchanged
    card.find_element(By.NAME, "why").send_keys("Stand out of the wind")
    card.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    _until(browser, card, "retake")
    assert "Stand out of the wind" in card.text
    assert _stored(store, tweet) == ["retake", "retake"]
    _press(browser, card, "approved")
    _until(browser, card, "approved")
    assert _stored(store, tweet) == ["approved", "approved"]
    assert browser.execute_script("return window.mark") is True
    history = store.ask("GET", f"/clips/{tweet}/{sha256(BODY)}/decisions").json()["decisions"]
    assert [(said["decision"], said["by"]) for said in history] == [("retake", "Amal"), ("approved", "Amal")]


def test_a_take_is_withdrawn_by_keyboard_without_a_reload(
    store: Tus, tweet: str, browser: webdriver.Chrome, video: bytes
) -> None:
    store.upload(video, tweet_id=tweet, take=TAKES[0], profile="proxy")
    store.upload(BODY, tweet_id=tweet, take=TAKES[1])
    browser.get(f"{store.url}/tweets/{tweet}")
    browser.execute_script("window.mark = true")
    store.upload(video + b"\0" * 9, tweet_id=tweet, take=TAKES[0], profile="tweet")  # since the page was made
    other, card = _cards(browser, tweet)
    WebDriverWait(browser, 10).until(lambda _: card.get_attribute("data-clips").count("/clips/") == 2)
    opener = card.find_element(By.NAME, "withdraw")
    asking = card.find_element(By.CLASS_NAME, "confirm")
    for way_out in (Keys.ENTER, Keys.ESCAPE):  # the first to be reached is the one that keeps it
        opener.send_keys(Keys.ENTER)
        assert "cannot be undone" in asking.text
        browser.switch_to.active_element.send_keys(way_out)
        assert not asking.is_displayed()
        assert browser.switch_to.active_element == opener
    assert _stored(store, tweet) == [None] * 3
    opener.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    _until(browser, card, "withdrawn")
    assert not card.find_elements(By.CSS_SELECTOR, "video, a, button")
    assert browser.switch_to.active_element.text.startswith("Withdrawn")
    assert _decision(other) == "waiting"
    assert [clip["take"] for clip in store.ask("GET", f"/clips/{tweet}").json()["clips"]] == [TAKES[1]]
    assert store.ask("GET", f"/clips/{tweet}/{sha256(video)}").status_code == 410
    assert browser.execute_script("return window.mark") is True
    browser.refresh()
    assert len(_cards(browser, tweet)) == 1


def test_what_is_posted_can_still_be_withdrawn(store: Tus, tweet: str, browser: webdriver.Chrome) -> None:
    store.upload(BODY, tweet_id=tweet)
    browser.get(f"{store.url}/tweets/{tweet}")
    (card,) = _cards(browser, tweet)
    for decision in ("approved", "posted"):
        _press(browser, card, decision)
        _until(browser, card, decision)
    _press(browser, card, "withdraw")
    card.find_element(By.NAME, "withdrawn").click()
    _until(browser, card, "withdrawn")
    assert store.ask("GET", f"/clips/{tweet}").status_code == 404


def test_a_cards_code_withdraws_and_the_reply_stays_listed_until_it_is_deleted(
    store: Tus, tweet: str, browser: webdriver.Chrome
) -> None:
    code, link = new_code(b"a board"), f"https://x.com/campaign/status/{tweet}"
    said = {"consent_scope": "reply", "consent_hidden": "place", "card": card_of(code)}
    store.upload(BODY, tweet_id=tweet, take=TAKES[0], **said)
    for decision in ("approved", "posted"):
        path = f"/clips/{tweet}/{sha256(BODY)}/decisions"
        assert store.ask("POST", path, json={"decision": decision, "why": link}).status_code == 201
    browser.get(f"{store.url}/tweets/{tweet}")
    (card,) = _cards(browser, tweet)
    assert "Agreed to: reply · not to be shown: place" in card.text
    browser.get(store.url)
    browser.find_element(By.CSS_SELECTOR, "#farewell summary").click()
    form = browser.find_element(By.ID, "withdrawing")
    form.find_element(By.NAME, "code").send_keys(code.lower(), Keys.ENTER)
    done = form.find_element(By.CSS_SELECTOR, ".done")
    WebDriverWait(browser, 10).until(lambda _: "Withdrawn" in done.text)
    assert store.ask("GET", f"/clips/{tweet}").status_code == 404
    browser.get(store.url)
    row = browser.find_element(By.XPATH, f"//li[contains(., '{link}')]")
    row.find_element(By.CSS_SELECTOR, "[data-took-down]").click()
    WebDriverWait(browser, 10).until(expected_conditions.staleness_of(row))
    browser.get(store.url)
    assert link not in browser.page_source


def test_a_withdrawal_that_did_not_arrive_says_so_and_may_be_tried_again(
    store: Tus, tweet: str, browser: webdriver.Chrome
) -> None:
    store.upload(BODY, tweet_id=tweet)
    browser.get(f"{store.url}/tweets/{tweet}")
    (card,) = _cards(browser, tweet)
    card.find_element(By.NAME, "withdraw").click()
    cut = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", cut)
    card.find_element(By.NAME, "withdrawn").click()
    trouble = card.find_element(By.CSS_SELECTOR, "[role=alert]")
    WebDriverWait(browser, 10).until(lambda _: trouble.is_displayed())
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**cut, "offline": False})
    browser.execute_cdp_cmd("Network.disable", {})
    assert "Try again" in trouble.text
    assert _decision(card) == "waiting"
    card.find_element(By.NAME, "withdrawn").click()
    _until(browser, card, "withdrawn")


def test_a_decision_that_did_not_arrive_says_so(store: Tus, tweet: str, browser: webdriver.Chrome) -> None:
    store.upload(BODY, tweet_id=tweet)
    browser.get(f"{store.url}/tweets/{tweet}")
    (card,) = _cards(browser, tweet)
    store.ask("DELETE", f"/clips/{tweet}/{sha256(BODY)}")  # somebody else was quicker
    card.find_element(By.NAME, "approved").click()
    trouble = card.find_element(By.CSS_SELECTOR, "[role=alert]")
    WebDriverWait(browser, 10).until(lambda _: trouble.is_displayed())
    assert "withdrawn" in trouble.text
    assert _decision(card) == "waiting"


@pytest.mark.parametrize(("word", "seen"), [("approved", True), ("none", False), ("rejected", False)])
def test_the_board_is_filtered_by_decision(
    store: Tus, tweet: str, browser: webdriver.Chrome, word: str, seen: bool
) -> None:
    store.upload(BODY, tweet_id=tweet)
    store.ask("POST", f"/clips/{tweet}/{sha256(BODY)}/decisions", json={"decision": "approved"})
    browser.get(f"{store.url}/?decision={word}")
    assert bool(_cards(browser, tweet)) is seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_fits_a_phone_and_complains_of_nothing(
    store: Tus, tweet: str, browser: webdriver.Chrome, scheme: str
) -> None:
    store.upload(BODY, tweet_id=tweet, place="a" * 40)
    phone = {"width": 320, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)
    browser.get("about:blank")  # or the page of the test before asks once more
    browser.get_log("browser")
    browser.get(f"{store.url}/tweets/{tweet}")
    width = browser.execute_script("return document.documentElement.scrollWidth")
    page = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert width == 320
    assert (sum(int(part) for part in page[4:-1].split(",")) < 384) is (scheme == "dark")
    assert browser.get_log("browser") == []  # no blocked script, style or picture


def test_nothing_a_crew_writes_becomes_markup(store: Tus, tweet: str, browser: webdriver.Chrome) -> None:
    store.upload(BODY, tweet_id=tweet)
    nasty = "<img src=x onerror=window.broken=1><script>window.broken=1</script>"
    store.ask("POST", f"/clips/{tweet}/{sha256(BODY)}/decisions", json={"decision": "retake", "why": nasty})
    browser.get(f"{store.url}/tweets/{tweet}")
    assert nasty in _cards(browser, tweet)[0].text
    assert browser.execute_script("return window.broken") is None


def test_the_board_reads_without_javascript(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet, place="kakuma")
    page = store.ask("GET", "/?decision=none").text
    assert f"Tweet {tweet}" in page
    assert f"/clips/{tweet}/{sha256(BODY)}" in page
    assert "http://" not in page.replace("http://www.w3.org", "")  # nothing from outside


def test_older_tweets_are_a_page_away(store: Tus, browser: webdriver.Chrome) -> None:
    for number in range(21):
        store.upload(BODY, tweet_id=str(5000 + number))
    browser.get(f"{store.url}/?decision=")
    assert _cards(browser, "5020")
    assert not _cards(browser, "5000")
    browser.find_element(By.LINK_TEXT, "Older tweets").click()
    WebDriverWait(browser, 10).until(lambda b: _cards(b, "5000"))
    assert not _cards(browser, "5001")
