"""Numbers as the book writes them, for sentences that a chapter computes: decimal comma, thousands.

A chapter never types a number about its own measurements. It computes it in a cell that ends with
`say(f"O modelo errou {percent(p)} delas.")`: the same sentence in the page, in Jupyter and on Colab.
Does not measure (see `measure.py`).
"""

from __future__ import annotations

from llmlib.widgets.fallback import count, decimal, percent

__all__ = ["between", "day", "number", "percent", "say", "shown"]


def number(value: float, digits: int = 0, what: str = "") -> str:
    """1234.56 -> '1.235'; number(1234.56, 1) -> '1.234,6'. From a million on in words: '2,5 milhões'.

    `what` is the noun counted, which large numbers join by "de": '3.072 tokens', '1 milhão de tokens'.
    """
    if abs(value) >= 1e6:
        return ("−" if value < 0 else "") + count(abs(value), what)
    whole, _, part = decimal(abs(value), digits).partition(",")
    grouped = f"{int(whole):,}".replace(",", ".")
    sign = "−" if value < 0 and (int(whole) or part.strip("0")) else ""
    return f"{sign}{grouped}{f',{part}' if part else ''} {what}".rstrip()


def between(low: float, high: float, digits: int = 1) -> str:
    """An interval: 'entre 3,2 e 4,1'."""
    return f"entre {number(low, digits)} e {number(high, digits)}"


def day(iso: str) -> str:
    """'2026-11-21' -> '21/11/2026', as a date is read in Brazil."""
    return "/".join(reversed(iso.split("-")))


def shown(text: str) -> str:
    """Text of a model or of a reader inside a Markdown sentence: quoted, on one line, with nothing that
    Markdown or HTML would act upon."""
    flat = " ".join(text.replace("\n", " ↵ ").split())
    return "“" + "".join(f"&#{ord(c)};" if c in "\\`*_{}[]()#+!|<>&$~^" else c for c in flat) + "”"


def say(*sentences: str) -> object:
    """The sentences as one Markdown output; blank-line separated where there are several."""
    from IPython.display import Markdown

    return Markdown("\n\n".join(sentences))
