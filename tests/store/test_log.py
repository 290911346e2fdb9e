"""The log tells an administrator what happens, and nobody whom it happened to."""

import json
import subprocess
import sys
from pathlib import Path

import requests
from support.site import at
from support.tus import Tus, sha256

BODY = b"a clip" * 100
TWEET = "826412345678901234"


def test_each_request_is_a_json_object_without_names_tweets_or_addresses(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fieldkit", "store", "serve", *at(tmp_path), "--port", "0"]
    with subprocess.Popen(
        [*command, "--log", "info"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        tus = Tus(url)
        tus.upload(BODY, tweet_id=TWEET, sha256=sha256(BODY), place="kakuma", operator="Amal")
        tus.ask("GET", f"/clips/{TWEET}/{sha256(BODY)}")
        requests.request("BREW", f"{url}/coffee", timeout=10)
        process.terminate()
        _, log = process.communicate(timeout=20)
    lines = [json.loads(line) for line in log.splitlines()]
    asked = [line for line in lines if line["said"] == "request"]
    assert (lines[0]["said"], lines[-1]["said"]) == ("serving", "stopping")
    told = [(line["method"], line["route"], line["status"]) for line in asked]
    # a body's end may be noted after the next request's
    assert sorted(told) == [
        ("GET", "/clips/{tweet_id}/{sha256}", 200),
        ("PATCH", "/files/{upload_id}", 204),
        ("POST", "/files", 201),
        ("other", "other", 404),
    ]
    for secret in (TWEET, sha256(BODY), "kakuma", "Amal", "127.0.0.1", "coffee"):
        assert secret not in log
