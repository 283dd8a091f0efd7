"""Visibility: a sentence, a word of it to predict, and what each family of models has in front of it then.

The masks are those of `llmlib.scratch.visibility`, drawn by the same rules in the page: no model is asked.
A word stands for a token, so that any sentence can be drawn. XLNet's order is the reader's to change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets

from llmlib.scratch import visibility as masks
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

MOST = 12  # words drawn; twin of VIS_MOST in visibility.js
FAMILIES = {  # twin of the titles in visibility.js
    "decoder": "Decodificador (GPT, mini-base)",
    "encoder": "Codificador (BERT, mini-bert)",
    "encoder_decoder": "Codificador-decodificador (T5, mini-t5)",
    "permutation": "Permutação (XLNet, mini-xlnet)",
}


class Visibility(Widget):
    """What each family may see of a sentence when it bets on one of its words.

    Args:
        text: the sentence; its first 12 words are drawn.
        at: which word is predicted, from 0.
        order: in which order the permutation model predicts: each position once. By default a fixed shuffle.
    """

    name = "visibility"
    text = traitlets.Unicode("").tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    order = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(self, text: str, at: int = 0, order: Sequence[int] | None = None) -> None:
        count = len(text.split()[:MOST])
        if not count:
            raise ValueError("Passe uma frase com ao menos uma palavra.")
        if not 0 <= at < count:
            raise ValueError(f"at vai de 0 a {count - 1}, o lugar da última palavra; veio {at}.")
        order = np.random.default_rng(3).permutation(count).tolist() if order is None else list(order)
        masks.permutation(order)
        if len(order) != count:
            raise ValueError(f"A ordem tem {len(order)} lugares e a frase, {count} palavras.")
        super().__init__(text=text, at=at, order=order)

    def seen(self) -> dict[str, list[str]]:
        """{family: the words that it sees when it predicts the chosen one}; the source is the sentence."""
        words = self.text.split()[:MOST]
        n = len(words)
        rows = {
            "decoder": masks.decoder(n),
            "encoder": masks.encoder(n),
            "encoder_decoder": masks.encoder_decoder(n, n),
            "permutation": masks.permutation(self.order),
        }
        return {
            name: [w for w, visible in zip(words * 2, rows[name][self.at], strict=False) if visible]
            for name in rows
        }

    def summary(self) -> str:
        words = self.text.split()[:MOST]
        said = "; ".join(
            f"{FAMILIES[name].split(' (')[0].lower()}: {' '.join(seen) or 'nada'}"
            for name, seen in self.seen().items()
        )
        return f"Para prever “{words[self.at]}”, cada família vê: {said}."

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{FAMILIES[name]}</td><td>{html.escape(' '.join(seen)) or '–'}</td></tr>"
            for name, seen in self.seen().items()
        )
        words = self.text.split()[:MOST]
        return (
            f"{html.line(self.text)}<table><caption>O que cada família vê ao prever "
            f"“{html.escape(words[self.at])}”</caption><tbody>{rows}</tbody></table>"
        )
