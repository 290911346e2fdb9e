"""The laptop's journal: facts in, missing consequences out."""

from fieldkit.journal.journal import Due, Entry, Journal

__all__ = ["Due", "Entry", "Journal"]
