"""fieldkit gets a person's answer out of a refugee camp and onto the internet while it still matters."""

__version__ = "0.1.0"
