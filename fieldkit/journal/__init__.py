"""The laptop's journal: facts in, missing consequences out."""

from fieldkit.journal.centre import Asked, Contact, Retake
from fieldkit.journal.journal import Journal
from fieldkit.journal.lineup import Meant, Waiting, Word
from fieldkit.journal.questions import Due, Entry
from fieldkit.journal.sealing import When

__all__ = ["Asked", "Contact", "Due", "Entry", "Journal", "Meant", "Retake", "Waiting", "When", "Word"]
