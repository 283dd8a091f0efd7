"""ModelParts: where the parameters, the arithmetic and the memory of a model are, part by part.

The sums are those of `llmlib.scratch.counting`; the page does them again at every move of the slider. Models
are rows with the sizes of their config.json and the source where they were read. Not counted: norms, softmax
and what else is no matrix product, as torch's own counter does not.
"""

from __future__ import annotations

from collections.abc import Iterable

import traitlets

from llmlib.scratch import counting
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

PARTS = {  # key: (label, colour of the course, what it is)
    "embedding": ("embedding", "base", "um vetor por token"),
    "queries": ("consultas", "query", "q_proj"),
    "keys": ("chaves", "key", "k_proj"),
    "values": ("valores", "value", "v_proj"),
    "scores": ("notas q·k", "attn", "cada par de tokens, em cada cabeça"),
    "mix": ("mistura", "attn", "a média pesada dos valores"),
    "output": ("saída da atenção", "attn", "o_proj"),
    "mlp": ("MLP", "instruct", "gate_proj, up_proj e down_proj"),
    "norms": ("normas", "muted", "um peso por coordenada"),
    "head": ("saída", "base", "um logit por token"),
}
NUMBERS = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "max_position_embeddings",
)  # fmt: skip


class ModelParts(Widget):
    """A calculator of parameters, operations and cache.

    Args:
        models: dicts with `nome`, the sizes of config.json (see NUMBERS), `tie_word_embeddings`, `qk_norm`;
            where they were read elsewhere, `link` and `fonte`.
        tokens: T when the figure opens.
    """

    name = "model-parts"
    models = traitlets.List(traitlets.Dict()).tag(sync=True)
    parts = traitlets.List(traitlets.Dict()).tag(sync=True)
    tokens = traitlets.Int(256).tag(sync=True)

    def __init__(self, models: Iterable[dict], tokens: int = 256) -> None:
        rows = [row(each) for each in models]
        if not rows:
            raise ValueError("ModelParts precisa de ao menos um modelo.")
        longest = max(each["max_position_embeddings"] for each in rows)
        if not 1 <= tokens <= longest:
            raise ValueError(f"tokens vai de 1 a {longest}; veio {tokens}.")
        super().__init__(
            models=rows,
            parts=[{"key": k, "label": s[0], "colour": s[1], "what": s[2]} for k, s in PARTS.items()],
            tokens=tokens,
        )

    def summary(self) -> str:
        first = self.models[0]
        counted = counting.parameters(first, first["qk_norm"])
        total = sum(counted.values())
        most = max(counted, key=counted.get)
        share = html.percent(counted[most] / total)
        done = sum(counting.flops(first, self.tokens, scored=1).values())
        return (
            f"{first['nome']}: {html.count(total, 'parâmetros')}, dos quais {share} em {PARTS[most][0]}; "
            f"ler {self.tokens} tokens custa {html.count(done, 'operações')}."
        )

    def fallback(self) -> str:
        head = "".join(f'<th scope="col">{html.escape(each["nome"])}</th>' for each in self.models)
        counted = [counting.parameters(each, each["qk_norm"]) for each in self.models]
        rows = "".join(
            f'<tr><th scope="row">{PARTS[key][0]}</th>'
            + "".join(f"<td>{html.percent(each[key] / sum(each.values()))}</td>" for each in counted)
            + "</tr>"
            for key in counted[0]
        )
        totals = "".join(f"<td>{html.count(sum(each.values()))}</td>" for each in counted)
        return (
            f"<p>{html.escape(self.summary())}</p>"
            '<div class="mp-scroll" tabindex="0"><table class="mp-table">'
            f"<thead><tr><td></td>{head}</tr></thead>"
            f'<tbody>{rows}<tr><th scope="row">parâmetros</th>{totals}</tr></tbody></table></div>'
        )


def row(model: dict) -> dict:
    """A model as the figure takes it, from a config.json or from a line of a table, where all is text.

    ValueError names what is missing or is no size.
    """
    name = model.get("nome") or "modelo sem nome"
    found = {"nome": name, "link": model.get("link", ""), "fonte": model.get("fonte", "")}
    for key in NUMBERS:
        value = model.get(key)
        value = int(value) if isinstance(value, str) and value.isdigit() else value
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name}: {key} deveria ser um número inteiro maior que zero, e é {value!r}.")
        found[key] = value
    if found["num_attention_heads"] % found["num_key_value_heads"]:
        raise ValueError(
            f"{name}: {found['num_key_value_heads']} cabeças de chave não dividem "
            f"{found['num_attention_heads']} cabeças de consulta."
        )
    yes = {"sim": True, "não": False}
    flags = {key: model.get(key, True) for key in ("tie_word_embeddings", "qk_norm")}
    return found | {key: yes.get(value, bool(value)) for key, value in flags.items()}
