"""OpenCV's face detector YuNet, which lies here as its makers published it (MIT): where it is, and its very bytes."""

import hashlib
from importlib.resources import files

from fieldkit.errors import Unready

NAME = "face_detection_yunet_2023mar.onnx"
# as opencv_zoo published it: facts/capture.md section 3
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"


def model() -> bytes:
    """The model. Raises Unready where it is missing or is not what was published."""
    try:
        found = files("fieldkit.yunet").joinpath(NAME).read_bytes()
    except OSError:
        found = b""
    if hashlib.sha256(found).hexdigest() != SHA256:
        raise Unready(
            f"The face detector's model ({NAME}) is missing from this installation or damaged, so no protected clip "
            "can be made; install fieldkit again."
        )
    return found
