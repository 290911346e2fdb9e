"""deploy/nginx.conf as it is, but for ports and certificate, before two real store processes."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import warm
from support.peers import free_ports, missing
from support.postgres import Postgres
from support.store import StoreProcess
from support.tus import Tus, sha256

BODY = os.urandom(60_000)
pytestmark = pytest.mark.xdist_group("front")  # one nginx for all
CONF = Path(__file__).parents[2] / "deploy" / "nginx.conf"
_AROUND = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/fieldkit.conf;
}}
"""


@dataclass
class Front:
    """An nginx, what is behind it, and laptops that go through it."""

    url: str
    stores: list[StoreProcess]

    def laptop(self, place: str) -> Tus:
        return Tus(self.url, self._issued("--place", place))

    def centre(self) -> Tus:
        return Tus(self.url, self._issued("--role", "command-centre"))

    def _issued(self, *words: str) -> str:
        made = warm.run(["store", "token", "add", *self.stores[0].where, *words], os.environ)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def holding(self, upload: str) -> list[StoreProcess]:
        """The processes in whose landing place the upload lies."""
        name = upload.rpartition("/")[2]
        return [store for store in self.stores if (store.root / "uploads" / f"{name}.bin").exists()]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, s3: None) -> Iterator[Front]:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        missing("nginx")
    folder = tmp_path_factory.mktemp("front")
    port, *ports = free_ports(3)
    conf = re.sub(r"listen 443 ssl;|ssl_certificate\S* .*;", "", CONF.read_text())
    conf = conf.replace("server {", f"server {{ listen 127.0.0.1:{port};", 1)
    for documented, real in zip((8765, 8766), ports, strict=True):
        conf = conf.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{real}")
    (folder / "fieldkit.conf").write_text(conf)
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder))
    with Postgres() as postgres:
        where = ("--database", postgres.url, "--media", "s3://clips/front")
        stores = [StoreProcess(folder / str(each), each, "--behind-proxy", where=where) for each in ports]
        with stores[0], stores[1], subprocess.Popen([nginx, "-c", str(folder / "nginx.conf")]) as process:
            _await(Tus(f"http://127.0.0.1:{port}"))
            yield Front(f"http://127.0.0.1:{port}", stores)
            process.send_signal(signal.SIGTERM)


def _await(store: Tus) -> None:
    patience = time.monotonic() + 20
    while time.monotonic() < patience:
        try:
            if store.ask("GET", "/healthz").ok:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("nginx did not start")


def test_each_laptop_has_its_process_and_all_are_used(front: Front) -> None:
    used = set[Path]()
    for number in range(12):
        laptop = front.laptop("kakuma")
        path = laptop.create(len(BODY), tweet_id=str(100 + number)).headers["Location"]
        laptop.session.close()  # from another address, as it were: nothing but the token stays the same
        assert laptop.patch(path, 0, BODY[:30_000]).headers["Upload-Offset"] == "30000"
        (store,) = front.holding(path)
        used.add(store.root)
        assert laptop.patch(path, 30_000, BODY[30_000:]).headers["Fieldkit-Receipt"] == sha256(BODY)
        if len(used) == 2:
            return
    pytest.fail("all laptops went to one process")


def test_an_upload_waits_for_its_process_and_goes_on_where_it_stood(front: Front) -> None:
    laptop = front.laptop("kakuma")
    path = laptop.create(len(BODY), tweet_id="7").headers["Location"]
    laptop.patch(path, 0, BODY[:30_000])
    (store,) = front.holding(path)
    store.kill()
    assert laptop.head(path).status_code == 502
    store.start()
    assert laptop.offset(path) == 30_000
    assert laptop.patch(path, 30_000, BODY[30_000:]).headers["Fieldkit-Receipt"] == sha256(BODY)


def test_the_command_centre_sees_every_clip_wherever_it_landed(front: Front) -> None:
    for number in (21, 22, 23, 24):
        front.laptop("dadaab").upload(BODY, tweet_id=str(number))
    centre = front.centre()
    for number in (21, 22, 23, 24):
        clip, patience = f"/clips/{number}/{sha256(BODY)}", time.monotonic() + 20
        while (answer := centre.ask("GET", clip)).status_code == 503:
            assert time.monotonic() < patience
            time.sleep(0.05)
        assert answer.content == BODY


def test_sign_ins_are_counted_in_one_place(front: Front) -> None:
    front.centre()
    said = {"name": "nobody", "passphrase": "wrong wrong wrong"}

    def attempt(_number: int) -> int:
        return Tus(front.url).ask("POST", "/signin", data=said).status_code

    with ThreadPoolExecutor(10) as people:
        codes = list(people.map(attempt, range(10)))
    assert 429 in codes  # five are free in each process: shared between two none would have had to wait
