"""The pieces of figures as static HTML, for a page without JavaScript and for print.

The classes are those that kit.js draws, so that the picture does not jump when the script takes over.
Everything here returns HTML text and escapes what it is given. It does not know any widget.
"""

from __future__ import annotations

import html
import math
import re

SPECIAL = {
    "<|endoftext|>": "fim do texto",
    "<|im_start|>": "início de turno",
    "<|im_end|>": "fim de turno",
    "<|pad|>": "preenchimento",
}
NBSP = "\u00a0"
SCALES = ((1e12, "trilhão", "trilhões"), (1e9, "bilhão", "bilhões"), (1e6, "milhão", "milhões"))


def escape(text: str) -> str:
    """Text as HTML text, also safe inside a double-quoted attribute; lone surrogates become U+FFFD."""
    return html.escape(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def decimal(value: float, digits: int) -> str:
    """1.5 -> '1,5': rounded half up, as JavaScript's formatting in kit.js does for these magnitudes."""
    scale = 10**digits
    return f"{math.floor(value * scale + 0.5 + 1e-9) / scale:.{digits}f}".replace(".", ",")


def scaled(value: float) -> tuple[float, str] | None:
    """2500000 -> (2.5, 'milhões'); None below a million. Singular up to what is written 1,9."""
    for scale, one, many in SCALES:
        if value >= 0.9995 * scale:
            return value / scale, one if value < 1.95 * scale else many
    return None


def count(number: float, what: str = "") -> str:
    """37960 -> '38 mil'; count(1000448, "tokens") -> '1 milhão de tokens'. Twin of fmtCount in kit.js."""
    if large := scaled(number):
        value, word = large
        return f"{decimal(value, 1).removesuffix(',0')} {word} {f'de {what}' if what else ''}".rstrip()
    text = f"{decimal(number / 1e3, 0)} mil" if number >= 999.5 else decimal(number, 0)
    return f"{text} {what}".rstrip()


def percent(p: float) -> str:
    """A probability as the book writes it: 23 %, 4,2 %, 0,31 %, < 0,01 %. Twin of fmtPercent in kit.js."""
    if p <= 0:
        text = "0"
    elif p < 0.00005:
        text = "< 0,01"
    elif p < 0.00995:
        text = decimal(p * 100, 2)
    elif p < 0.0995 or 0.995 <= p < 0.9995:
        text = decimal(p * 100, 1)
    elif p < 0.995 or p >= 1:
        text = decimal(p * 100, 0)
    else:
        text = "> 99,9"
    return f"{text}{NBSP}%"


def token(text: str) -> str:
    """A token with spaces as a dot, line breaks as ↵, special tokens by their Portuguese name."""
    if text in SPECIAL:
        return f'<i class="llm-special">{SPECIAL[text]}</i>'
    parts = re.split(r"([ \n\t])", text)
    signs = {" ": "·", "\n": "↵", "\t": "⇥"}
    return "".join(f'<i class="llm-sp">{signs[p]}</i>' if p in signs else escape(p) for p in parts)


def spoken(text: str) -> str:
    """A token as a sentence can say it."""
    blank = {"": "nada", " ": "espaço", "\n": "quebra de linha"}
    return SPECIAL.get(text) or blank.get(text) or f"“{text.strip() or 'espaços'}”"


def line(text: str) -> str:
    """The text that the figure is about, as the reader's field will show it."""
    return f'<p class="llm-text">{escape(text) or "&nbsp;"}</p>'


def strip(tokens: list[dict], last: int = 120) -> str:
    """The token strip: tokens are {id, text} and, where the model wrote them, p."""
    cells = []
    if len(tokens) > last:
        cells.append(f'<li class="llm-more">… +{len(tokens) - last}</li>')
    for each in tokens[-last:]:
        p = each.get("p")
        look = f' data-p style="--p:{p:.4g}"' if p is not None else ""
        cells.append(f'<li class="llm-token"{look}>{token(each["text"])}</li>')
    return f'<ol class="llm-strip" aria-label="Tokens do texto">{"".join(cells)}</ol>'


def ceiling(top: float) -> float:
    """Where the bars' scale ends, so that it changes seldom. Twin of ceiling in kit.js."""
    return next(limit for limit in (0.1, 0.2, 0.35, 0.6, 1.0) if top <= limit or limit == 1.0)


def bars(rows: list[dict], rest: float | None = None) -> str:
    """Horizontal bars of {text, p}, the exact number at the end of each; `rest`, the others, is hatched."""
    limit = ceiling(max([row["p"] for row in rows] + [rest or 0]))
    cells = [_bar(token(row["text"]), row["p"], limit) for row in rows]
    if rest is not None:
        cells.append(_bar("outros", rest, limit, " llm-rest"))
    return f'<ol class="llm-bars">{"".join(cells)}</ol>'


def _bar(label: str, p: float, limit: float, look: str = "") -> str:
    width = f'style="--w:{p / limit:.4f}"'
    return (
        f'<li class="llm-bar{look}"><span class="llm-row"><span class="llm-bar-token">{label}</span>'
        f'<span class="llm-track"><span class="llm-fill" {width}></span>'
        f'<span class="llm-number" {width}>{percent(p)}</span></span></span></li>'
    )
