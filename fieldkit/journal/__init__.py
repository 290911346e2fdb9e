"""The laptop's journal: facts in, missing consequences out."""

from fieldkit.journal.centre import Asked, Contact, Retake
from fieldkit.journal.farewell import Unagreed, Why
from fieldkit.journal.journal import Journal
from fieldkit.journal.lineup import Meant, Waiting, Word
from fieldkit.journal.protection import Overtaken
from fieldkit.journal.questions import Abandoned, Due, Entry
from fieldkit.journal.sealing import When

__all__ = [
    "Abandoned",
    "Asked",
    "Contact",
    "Due",
    "Entry",
    "Journal",
    "Meant",
    "Overtaken",
    "Retake",
    "Unagreed",
    "Waiting",
    "When",
    "Why",
    "Word",
]
