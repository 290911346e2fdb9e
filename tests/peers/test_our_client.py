"""Our client uploads to other people's tus servers, over a link that is cut in the middle."""

from urllib.parse import urlsplit

import pytest
import requests
from support.laptop import Laptop, noise

from fieldkit.demo.bad_link import BadLink

SIZE = 3_000_000


@pytest.fixture
def laptop(tmp_path):
    made = Laptop.at(tmp_path / "library")
    yield made
    made.close()


def cut_once_on_the_way(laptop, endpoint):
    """Pushes through a link that is cut at a third; returns the content and where the server put it."""
    peer = urlsplit(endpoint.rstrip("/"))
    content = noise(SIZE)
    made = laptop.make(content)
    with BadLink((peer.hostname, peer.port), rate=20e6) as link:
        store = f"{link.url}{peer.path}"

        def cut(progress):
            if not link.cuts_made and progress.acknowledged > SIZE / 3:
                link.cut(0.2)

        laptop.push(store, tell=cut)(laptop.due(store)[0])
        assert link.cuts_made == 1
        assert laptop.due(store) == []
        path = urlsplit(
            laptop.journal.location(made.sha256, laptop.journal.entries()[0].take.tweet_id, store)
        ).path
    return content, path


def test_uploads_to_the_reference_server_of_tus(laptop, node_tus_server, tmp_path):
    content, path = cut_once_on_the_way(laptop, node_tus_server.removesuffix("/files"))
    assert (tmp_path / "tus-node" / path.rpartition("/")[2]).read_bytes() == content


def test_uploads_to_seaweedfs(laptop, seaweedfs):
    content, _ = cut_once_on_the_way(laptop, seaweedfs)
    peer = urlsplit(seaweedfs)
    # its creation path names the file that comes of it
    held = requests.get(f"http://{peer.netloc}{peer.path.removeprefix('/.tus')}/files", timeout=10)
    assert held.content == content
