"""TokenizerView: any text, and how tokenizers cut it: tokens, ids, bytes, and whether it comes back.

The vocabularies travel with the figure (about 25 KB each), so it is live everywhere, with no model and no
kernel. Cutting in the page is done by the engine's own tokenizer; here, for the picture without JavaScript,
by `llmlib.scratch.bpe`. Only the course's kind of tokenizer: byte-level BPE behind its split.
"""

from __future__ import annotations

import json

import traitlets

from llmlib.scratch.bpe import BPE, SPLIT, from_file
from llmlib.tokens import byte_alphabet, display
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

SHOWN = 120  # tokens in the still picture


class TokenizerView(Widget):
    """A text that the reader may change, cut by tokenizers.

    Args:
        source: a tokenizer (`BPE`, or a model whose `tokenizer` is of the course's kind), or several:
            {name shown: tokenizer}.
        text: where the figure starts; may be empty.
        examples: texts that the reader may try with one click; {label: text} where the text is long.
        below: what stands below each token at first: "id", "bytes" or "".
    """

    name = "tokenizer-view"
    text = traitlets.Unicode("").tag(sync=True)
    examples = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)  # [[label, text], …]
    below = traitlets.Unicode("id").tag(sync=True)
    alphabet = traitlets.Unicode("".join(byte_alphabet())).tag(sync=True)  # of the 256 bytes, in order of id
    tokenizers = traitlets.List(traitlets.Dict()).tag(sync=True)  # [{name, special, merges: [a, b, a, b …]}]

    def __init__(
        self,
        source: object,
        text: str = "",
        examples: dict[str, str] | list[str] | tuple = (),
        below: str = "id",
    ) -> None:
        named = source if isinstance(source, dict) else {"deste curso": source}
        if not named:
            raise ValueError("Passe ao menos um tokenizador.")
        if below not in ("id", "bytes", ""):
            raise ValueError(f"below é “id”, “bytes” ou vazio; veio “{below}”.")
        self.opened = {name: opened(each) for name, each in named.items()}
        pairs = examples.items() if isinstance(examples, dict) else ((each, each) for each in examples)
        super().__init__(
            text=text,
            examples=[list(pair) for pair in pairs],
            below=below,
            tokenizers=[{"name": name, **packed(each)} for name, each in self.opened.items()],
        )

    def tokens(self) -> list[dict]:
        """The first tokenizer's cut of the text: [{id, text}]."""
        first = next(iter(self.opened.values()))
        return [{"id": i, "text": display(first.tokens[i])} for i in first.encode(self.text)]

    def summary(self) -> str:
        counts = [f"{len(each.encode(self.text))} ({name})" for name, each in self.opened.items()]
        return f"O texto “{self.text}”, em tokens: {'; '.join(counts)}."

    def fallback(self) -> str:
        tokens = self.tokens()
        rows = "".join(
            f"<tr><td>{html.token(each['text'])}</td><td>{each['id']}</td></tr>" for each in tokens[:SHOWN]
        )
        said = f'<p class="llm-best">{html.escape(self.summary())}</p>'
        heads = '<thead><tr><th scope="col">Token</th><th scope="col">Número</th></tr></thead>'
        table = f"<summary>Ver em tabela</summary><table>{heads}<tbody>{rows}</tbody></table>"
        strip = html.strip(tokens, SHOWN)
        return f'{html.line(self.text)}{strip}{said}<details class="llm-details">{table}</details>'


def opened(source: object) -> BPE:
    """A tokenizer of the course's kind, from itself or from a model. Raises ValueError for any other."""
    if isinstance(source, BPE):
        return source
    try:
        content = json.loads(source.tokenizer.backend_tokenizer.to_str())
        pattern = SPLIT.pattern.replace(r"\p{White_Space}", r"\s").replace(r"\P{White_Space}", r"\S")
        same = pattern in json.dumps(content["pre_tokenizer"]).encode().decode("unicode_escape")
    except (AttributeError, TypeError, KeyError):
        same = False
    if not same:
        name = getattr(source, "name", type(source).__name__)
        raise ValueError(
            f"{name} corta o texto de outro modo: esta figura só mostra tokenizadores como o do curso."
        )
    return from_file(content)


def packed(bpe: BPE) -> dict:
    """What the page needs: special names, and the merges as one flat list of ids (each made the next id)."""
    start = len(bpe.special) + 256
    if list(bpe.merges.values()) != list(range(start, len(bpe.tokens))):
        raise ValueError(
            "Os ids deste tokenizador não seguem a ordem das junções: a página não saberia refazê-los."
        )
    return {"special": list(bpe.special), "merges": [i for pair in bpe.merges for i in pair]}
