"""What a crew sees and types while the camera rolls."""

import sys
import threading

from fieldkit.capture.watch import Moment
from fieldkit.cli import say


class Slate:
    """Elapsed and remaining time on a terminal; elsewhere a line for each change."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._phase = seconds, ""
        self._on_terminal = sys.stderr.isatty()

    def tell(self, moment: Moment) -> None:
        """One more moment of the take."""
        if moment.phase == "warning":
            say.trouble(moment.note)
        elif moment.phase != self._phase:
            self._phase = moment.phase
            say.note(self._sentence(moment))
        if moment.phase == "rolling" and self._on_terminal:
            left = max(0.0, self._seconds - moment.seconds)
            sys.stderr.write(f"\r{say.span(moment.seconds)} recorded, {say.span(left)} left ")
            sys.stderr.flush()

    def _sentence(self, moment: Moment) -> str:
        match moment.phase:
            case "rolling":
                return (
                    f"Rolling: take {moment.take.number}. Speak now; q and Enter, or Ctrl-C, ends the take."
                )
            case "sealing":
                return ("\n" if self._on_terminal else "") + "Stopped; making the take safe."
            case _:
                return "Waiting for the camera …"


def stop_on_q(stop: threading.Event) -> None:
    """Sets `stop` when somebody types q and Enter; nothing is read where there is no terminal."""
    if not sys.stdin.isatty():
        return

    def listen() -> None:
        for line in sys.stdin:
            if line.strip().lower() in ("q", "quit", "stop"):
                stop.set()
                return

    threading.Thread(target=listen, daemon=True).start()
