"""Numbers as the book writes them, for sentences that a chapter computes: decimal comma, thousands.

A chapter never types a number about its own measurements. It computes it in a cell that ends with
`say(f"O modelo errou {percent(p)} delas.")`: the same sentence in the page, in Jupyter and on Colab.
Does not measure (see `measure.py`).
"""

from __future__ import annotations

from llmlib.widgets.fallback import decimal, percent

__all__ = ["between", "number", "percent", "say", "shown"]


def number(value: float, digits: int = 0) -> str:
    """1234.56 -> '1.235'; number(1234.56, 1) -> '1.234,6'. From 10.000 on in words: '2,5 milhões'."""
    if abs(value) >= 1e6:
        scale, word = (1e9, "bilhões") if abs(value) >= 1e9 else (1e6, "milhões")
        return f"{decimal(value / scale, 1)} {word}"
    whole, _, part = decimal(abs(value), digits).partition(",")
    grouped = f"{int(whole):,}".replace(",", ".")
    sign = "−" if value < 0 and (int(whole) or part.strip("0")) else ""
    return sign + grouped + (f",{part}" if part else "")


def between(low: float, high: float, digits: int = 1) -> str:
    """An interval: 'entre 3,2 e 4,1'."""
    return f"entre {number(low, digits)} e {number(high, digits)}"


def shown(text: str) -> str:
    """Text of a model or of a reader inside a Markdown sentence: quoted, on one line, with nothing that
    Markdown or HTML would act upon."""
    flat = " ".join(text.replace("\n", " ↵ ").split())
    return "“" + "".join(f"&#{ord(c)};" if c in "\\`*_{}[]()#+!|<>&$~^" else c for c in flat) + "”"


def say(*sentences: str) -> object:
    """The sentences as one Markdown output; blank-line separated where there are several."""
    from IPython.display import Markdown

    return Markdown("\n\n".join(sentences))
