"""tuspy as its README uses it: python tuspy_upload.py ENDPOINT FILE TWEET HEADERS_JSON."""

import json
import sys

from tusclient.client import TusClient

endpoint, path, tweet, headers = sys.argv[1:]
client = TusClient(endpoint, headers=json.loads(headers))
client.uploader(path, metadata={"tweet_id": tweet}).upload()
