"""Runs a command that can choose no congestion control, as on a kernel that has none but the default.

    python without_bbr.py COMMAND …

Root may choose whatever the kernel has, and what others may is one list for the whole machine. So the system call
itself is answered, for this command and its children, as a kernel without the asked-for algorithm answers: ENOENT.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

_SETSOCKOPT = {"x86_64": 54, "aarch64": 208}
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # prctl(2)
_LOAD, _IS, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
_NUMBER, _LEVEL, _NAME = 0, 24, 32  # offsets in struct seccomp_data: the call, its second and third argument
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def forbid() -> None:
    """From here on, for this process and its children. Raises OSError, KeyError on an unknown processor."""
    steps = (
        (_LOAD, 0, 0, _NUMBER),
        (_IS, 0, 5, _SETSOCKOPT[platform.machine()]),
        (_LOAD, 0, 0, _LEVEL),
        (_IS, 0, 3, socket.IPPROTO_TCP),
        (_LOAD, 0, 0, _NAME),
        (_IS, 0, 1, 13),  # TCP_CONGESTION
        (_RETURN, 0, 0, _ERRNO | errno.ENOENT),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*words):
            raise OSError(ctypes.get_errno(), "seccomp is not available here")


if __name__ == "__main__":
    forbid()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - that is what it is for
