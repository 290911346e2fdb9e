"""The exit codes, as every command's help shows them."""

EXIT_CODES = """\b
Exit codes:
  0 done              3 needs the crew    5 damaged
  1 something refused 4 worth retrying    130 interrupted, resumable
  2 wrong usage
"""
