"""Compressor: what a text costs in bits, token by token, when a model predicts it; beside real compressors.

A token of probability p can be kept in -log2 p bits (`llmlib.scratch.compress` really does it). The
recording holds those bits and the sizes that zlib, bz2 and xz reach on the same text; in the page the bits
come from the engine, and deflate, the heart of gzip and zip, is run by the browser itself.
It codes nothing: it adds up.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Sequence

import numpy as np
import traitlets

from llmlib.measure import surprise
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

RAW = [{"id": lzma.FILTER_LZMA2, "preset": 9}]


def sizes(data: bytes) -> dict[str, int]:
    """Bytes that each compressor needs, without the headers that only a file needs (bz2 has no such form)."""
    deflate = zlib.compressobj(9, wbits=-15)
    return {
        "deflate": len(deflate.compress(data) + deflate.flush()),
        "bz2": len(bz2.compress(data)),
        "xz": len(lzma.compress(data, format=lzma.FORMAT_RAW, filters=RAW)),
    }


class Compressor(Widget):
    """A text, the bits of each of its tokens, and the sizes that compressors reach.

    Args:
        lm: the model that predicts: `compute` and `name`, as `LM`.
        text: where the figure starts.
        model_bytes: what the model itself weighs, as the page carries it.
        examples: texts that the reader may try with one click.
    """

    name = "compressor"
    text = traitlets.Unicode("").tag(sync=True)
    tokens = traitlets.List().tag(sync=True)  # {id, text, bits}
    sizes = traitlets.Dict().tag(sync=True)  # of `text`: {deflate, bz2, xz} in bytes
    model_bytes = traitlets.Int(0).tag(sync=True)
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, lm: object, text: str, model_bytes: int, examples: Sequence[str] = ()) -> None:
        if not text.strip():
            raise ValueError("Passe um texto que não seja vazio: sem letras não há o que comprimir.")
        answer = lm.compute("trace", {"text": text})
        if answer.get("cut"):
            raise ValueError("O texto de abertura não cabe no contexto do modelo: passe um mais curto.")
        tokens = answer["tokens"]
        logits = np.asarray(answer["logits"]).reshape(len(tokens), -1)
        bits = surprise(logits, [token["id"] for token in tokens]) / np.log(2)
        super().__init__(
            compute=lm.compute,
            model_name=lm.name,
            text=text,
            tokens=[token | {"bits": float(b)} for token, b in zip(tokens[1:], bits, strict=True)],
            sizes=sizes(text.encode()),
            model_bytes=model_bytes,
            examples=list(examples),
        )

    def total(self) -> float:
        """Bits of the whole text."""
        return sum(token["bits"] for token in self.tokens)

    def summary(self) -> str:
        plain = len(self.text.encode())
        return (
            f"“{self.text}” tem {plain} bytes. Com as probabilidades do modelo cabe em "
            f"{-int(-self.total() // 8)}; o deflate, o miolo do gzip, precisa de {self.sizes['deflate']}."
        )

    def fallback(self) -> str:
        tokens = [token | {"p": 2 ** -token["bits"]} for token in self.tokens]
        letters = max(1, len(self.text))
        rows = [
            ("sem comprimir", len(self.text.encode())),
            *((name, self.sizes[name]) for name in ("deflate", "bz2", "xz")),
            ("este modelo", -int(-self.total() // 8)),
        ]
        body = "".join(
            f'<tr><th scope="row">{name}</th><td>{size}</td>'
            f"<td>{html.decimal(8 * size / letters, 2)}</td></tr>"
            for name, size in rows
        )
        return (
            f"{html.strip(tokens)}<p>{html.escape(self.summary())}</p><table><thead><tr><td></td>"
            '<th scope="col">Bytes</th><th scope="col">Bits por letra</th></tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )
