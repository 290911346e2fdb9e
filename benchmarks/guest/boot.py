"""Boots the guest. On Debian, by QEMU's own emulation: no KVM, and no rights but apt's where a program is missing."""

import gzip
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_NEEDED = {  # program: Debian's package
    "qemu-system-x86_64": "qemu-system-x86",
    "cpio": "cpio",
    "depmod": "kmod",
    "busybox": "busybox-static",
    "mkfs.ext4": "e2fsprogs",
    "ffmpeg": "ffmpeg",  # imageio-ffmpeg's was built without ALSA
}
_MODULES = (
    "virtio_pci",
    "9pnet_virtio",
    "9p",
    "overlay",
    "virtio_blk",
    "crc32c_generic",
    "ext4",
    "vivid",
    "snd-aloop",
)
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


class NoGuest(Exception):
    """What is lacking here."""


def cache() -> Path:
    """Where kernel and first files are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fieldkit-guest"


def ready() -> None:
    """Fetches what is missing: 70 MB of kernel, once. Raises NoGuest."""
    path = f"{os.environ['PATH']}:{_SBIN}"
    lacking = [package for program, package in _NEEDED.items() if not shutil.which(program, path=path)]
    if lacking:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise NoGuest(f"The guest needs {', '.join(lacking)}.")
        _run(["apt-get", "update", "-qq"])
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *lacking])
    if not (cache() / "first.cpio.gz").is_file():
        _make(path)


def boot(
    command: Sequence[str],
    out: Path,
    *,
    environment: Mapping[str, str],
    disk: Path | None = None,
    hear: Callable[[str], bool] = lambda _: False,
    seconds: float = 600,
) -> int | None:
    """The command's exit code in the guest; None where the guest did not come to its end.

    `out` is /out there, to read and write; `disk` is /dev/vda. `hear` is given each line of the console: where it says
    True the guest is killed, as by a power cut.
    """
    exported = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    (out / "command").write_text("\n".join([*exported, shlex.join(command)]) + "\n")
    (out / "code").unlink(missing_ok=True)
    drive = ["-drive", f"file={disk},if=virtio,format=raw,cache=writethrough"] if disk else []
    shares = [
        *("-fsdev", "local,id=r,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=r,mount_tag=hostroot"),
        *("-fsdev", f"local,id=o,path={out},security_model=none"),
        *("-device", "virtio-9p-pci,fsdev=o,mount_tag=out"),
    ]
    with subprocess.Popen(
        [
            *("qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "1536"),
            *("-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", *drive, *shares),
            *("-kernel", str(cache() / "vmlinuz"), "-initrd", str(cache() / "first.cpio.gz")),
            *("-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as guest:
        late = threading.Timer(seconds, guest.kill)
        late.start()
        try:
            assert guest.stdout is not None
            for line in guest.stdout:
                if hear(line.rstrip()):
                    guest.kill()
        finally:
            late.cancel()
            guest.kill()
    return int((out / "code").read_text()) if (out / "code").is_file() else None


def _make(path: str) -> None:
    """Kernel and first files, from Debian's package of the kernel."""
    cache().mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PATH": path}
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        work = Path(folder)
        depends = _said(["apt-cache", "depends", "linux-image-amd64"])
        named = [line.split()[-1] for line in depends.splitlines() if "Depends: linux-image-" in line]
        if not named:
            raise NoGuest("apt knows no linux-image-amd64: the guest needs Debian's own kernel.")
        _run(["apt-get", "download", "-qq", named[0]], cwd=work)
        kernel = work / "kernel"
        _run(["dpkg-deb", "-x", str(next(work.glob("*.deb"))), str(kernel)])
        version = next((kernel / "lib/modules").iterdir()).name
        _run(["depmod", "-b", str(kernel), version], env=environment)
        first = work / "first"
        (first / "mods").mkdir(parents=True)
        (first / "bin").mkdir()
        busybox = shutil.which("busybox")
        assert busybox
        shutil.copy(busybox, first / "bin/busybox")
        shutil.copy(Path(__file__).with_name("init.sh"), first / "init")
        (first / "init").chmod(0o755)
        order: dict[str, Path] = {}
        for module in _MODULES:
            told = _said(
                ["modprobe", "-d", str(kernel), "-S", version, "--show-depends", module], env=environment
            )
            files = [Path(line.split()[1]) for line in told.splitlines() if line.startswith("insmod")]
            order |= {file.name: file for file in files}
        for file in order.values():
            shutil.copy(file, first / "mods")
        (first / "mods/order").write_text("".join(f"{name}\n" for name in order))
        names = "\n".join(str(each.relative_to(first)) for each in sorted(first.rglob("*")))
        archive = subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"],
            input=names.encode(),
            cwd=first,
            capture_output=True,
            check=True,
        ).stdout
        shutil.copy(next((kernel / "boot").glob("vmlinuz-*")), cache() / "vmlinuz")
        made = work / "made"
        made.write_bytes(gzip.compress(archive, 1))
        made.rename(cache() / "first.cpio.gz")


def _run(words: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    try:
        subprocess.run(words, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoGuest(f"The guest can't be made: {error}.") from error


def _said(words: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    try:
        return subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoGuest(f"The guest can't be made: {error}.") from error
