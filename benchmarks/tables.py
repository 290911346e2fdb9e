"""Markdown on stdout, a line as soon as it is known."""


def table(*heads: str) -> None:
    """The head of one."""
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)


def row(*cells: object) -> None:
    """One line of it."""
    words = (f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells)
    print(f"| {' | '.join(words)} |", flush=True)
