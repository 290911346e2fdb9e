"""The laptop's journal: facts in, missing consequences out."""

from fieldkit.journal.journal import Due, Entry, Journal
from fieldkit.journal.lineup import Meant, Waiting, Word

__all__ = ["Due", "Entry", "Journal", "Meant", "Waiting", "Word"]
