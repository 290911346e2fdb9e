"""Why the store can't be reached, in words for a crew: each cause is named for what it is. Pure."""

import errno
import socket
import ssl

# of openssl/x509_vfy.h: CERT_NOT_YET_VALID and CERT_HAS_EXPIRED; HOSTNAME_MISMATCH and IP_ADDRESS_MISMATCH
_WRONG_DATE, _WRONG_NAME = {9, 10}, {62, 64}
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


def reason(error: BaseException) -> str:
    """What is at the bottom of a request's error."""
    cause = _bottom(error)
    match cause:
        case ssl.SSLCertVerificationError():
            return _certificate(cause)
        case ssl.SSLError():
            return _no_tls(cause)
        case socket.gaierror():
            return "its name can't be looked up: there is no internet here, or the name is mistyped"
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return "no answer in time"
        case ConnectionError():
            return "the connection was cut"
        case OSError(errno=int(number)) if number in _NO_WAY:
            return "this laptop has no network, or none that leads there"
        case OSError(strerror=str(words)):
            return words.lower()
        case _:
            return str(cause)[:80] or type(cause).__name__


def _bottom(error: BaseException) -> BaseException:
    seen = [error]
    while (below := seen[-1].__cause__ or seen[-1].__context__) is not None and below not in seen:
        seen.append(below)
        if isinstance(below, ssl.SSLError | socket.gaierror):
            break  # what lies below these is how they came about, not why
    return seen[-1]


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _WRONG_DATE:
        return (
            "its certificate is not valid on this laptop's date: set the clock; if it is right, the store's "
            "certificate has run out"
        )
    if error.verify_code in _WRONG_NAME:
        return (
            "somebody else's server answers under its name: the network wants a log-in (open a browser), or "
            "the store's address is wrong"
        )
    return (
        "nobody this laptop trusts vouches for its certificate: something on the way reads along (a log-in "
        "page, a firewall), or the store made its own; not a byte was sent"
    )


def _no_tls(error: ssl.SSLError) -> str:
    if any(word in str(error) for word in _PLAIN):
        return "it does not speak TLS: is its address http:// and not https://? or a log-in page answers"
    if "EOF" in str(error):
        return "the connection was cut while it was made safe"
    return "no safe connection: is its address https:// or http://, and the laptop's clock right?"
