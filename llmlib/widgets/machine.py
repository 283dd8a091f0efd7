"""Machine: one figure of the running model, from text to next token, that opens down to a single number.

The recording holds what only a matrix product can give (embeddings, projections, what attention and the MLP
write) in two characters a number, the norms' weights, and the best next tokens of every position; the figure
computes the rest from them (norms, rotations, attention, activations, residual stream), as the model does.
For another text, and for the rows of weights that a sum needs, it asks `compute`.
It holds no model, and draws nothing of one that is not of the Qwen3 family.
"""

from __future__ import annotations

import base64

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-"
TWO = np.array([a + b for a in LEVELS for b in LEVELS])  # 4,096 levels
HALF = 2047
BEST = 12  # next tokens kept for each position
MOST = 64  # positions that a recording may have: it travels with the page
PRODUCTS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
PRODUCTS += ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
NORMS = ("input_layernorm", "self_attn.q_norm", "self_attn.k_norm", "post_attention_layernorm")
SIZES = {
    "L": "num_hidden_layers", "H": "num_attention_heads", "K": "num_key_value_heads", "E": "head_dim",
    "D": "hidden_size", "M": "intermediate_size", "V": "vocab_size", "S": "max_position_embeddings",
    "eps": "rms_norm_eps", "theta": "rope_theta",
}  # fmt: skip


def pack(rows: np.ndarray) -> dict:
    """(T, n) -> {scale: [T], data}: of each row its largest size, and two characters a number.

    The 4,095 levels lie on a square root, close together near zero: a number that is a fiftieth of the
    largest is off by 0.35 % at most, one near the largest by 0.05 %.
    """
    scale = np.maximum(np.abs(rows).max(1), 1e-12)
    share = rows / scale[:, None]  # (T, n), -1 to 1
    levels = HALF + np.rint(HALF * np.sign(share) * np.sqrt(np.abs(share))).astype(int)
    return {"scale": [float(f"{each:.7g}") for each in scale], "data": "".join(TWO[levels.ravel()])}


def unpack(packed: dict) -> np.ndarray:
    """What `pack` was given, nearly: (T, n) float64. The figure does the same."""
    places = {character: i for i, character in enumerate(LEVELS)}
    data = packed["data"]
    levels = np.array([places[a] * 64 + places[b] for a, b in zip(data[::2], data[1::2], strict=True)])
    share = (levels.reshape(len(packed["scale"]), -1) - HALF) / HALF
    return np.sign(share) * share**2 * np.array(packed["scale"])[:, None]


class Machine(Widget):
    """The whole model at work on a text that the reader may change.

    Args:
        lm: a model of the Qwen3 family (anything with `compute` and `name`, as `LM`).
        text: where the figure starts: at most 63 tokens, since all its numbers travel with the page.
        examples: texts that the reader may try with one click.
    Raises ValueError for another architecture, and for a text too long to record.
    """

    name = "machine"
    text = traitlets.Unicode("").tag(sync=True)
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sizes = traitlets.Dict().tag(sync=True)  # the letters of CONTRIBUTING, S (context), eps, theta
    gains = traitlets.Dict().tag(sync=True)  # weights of the norms, by name
    recording = traitlets.Dict().tag(sync=True)  # tokens, cut, best by position, numbers by name

    def __init__(self, lm: object, text: str, examples: list[str] | tuple = ()) -> None:
        sizes = sizes_of(lm)
        layers = range(sizes["L"])
        numbers = ["embed_tokens", *(f"layers.{layer}.{part}" for layer in layers for part in PRODUCTS)]
        norms = [*(f"layers.{layer}.{part}" for layer in layers for part in NORMS), "norm"]
        answer = lm.compute("trace", {"text": text, "keep": numbers, "only": []})
        tokens = answer["tokens"]
        if len(tokens) > MOST:
            raise ValueError(
                f"O texto gravado tem {len(tokens) - 1} tokens, e todos os números viajam com a página: "
                f"comece com até {MOST - 1}; na figura o leitor pode escrever mais."
            )
        ids = [token["id"] for token in tokens]
        kept = {name: np.asarray(answer["activations"][name]).reshape(len(ids), -1) for name in numbers}
        self._source = lm.compute
        super().__init__(
            compute=self._answer,
            model_name=lm.name,
            text=text,
            examples=list(examples),
            sizes=sizes,
            gains={name: lm.compute("weights", {"name": name})["values"] for name in norms},
        )
        self.recording = {  # not rounded: the scales have seven figures
            "tokens": [{"id": each["id"], "text": each["text"]} for each in tokens],
            "cut": answer["cut"],
            "best": [best_of(lm, ids[: t + 1]) for t in range(len(ids))],
            "numbers": {name: pack(rows) for name, rows in kept.items()},
        }

    def _answer(self, method: str, params: dict) -> object:
        """As the model answers; many numbers go to the notebook's page as float32 in base64."""
        answer = self._source(method, params)
        if method == "trace" and "activations" in answer:
            kept = answer["activations"].items()
            answer = answer | {"activations": {name: coded(array) for name, array in kept}}
        elif method == "weights":
            answer = answer | {"values": coded(answer["values"])}
        return answer

    def summary(self) -> str:
        sizes, tokens, best = self.sizes, self.recording["tokens"], self.recording["best"][-1]["top"][0]
        return (
            f"“{self.text}” entra como {len(tokens)} tokens, contando a marca de início; cada um vira "
            f"{sizes['D']} números e sobe por {sizes['L']} camadas de {sizes['H']} cabeças de atenção e uma "
            f"MLP de {sizes['M']}; no alto, o próximo token mais provável é {html.spoken(best['text'])}, "
            f"com {html.percent(best['p'])}."
        )

    def fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{name}</th><td>{shape}</td><td>{whole(n)}</td></tr>'
            for name, shape, n in self.parts()
        )
        best = self.recording["best"][-1]
        top = best["top"][:6]
        rest = max(0.0, 1 - sum(row["p"] for row in top))
        return (
            f"{html.line(self.text)}{html.strip(self.recording['tokens'])}"
            f'<p class="llm-best">{html.escape(self.summary())}</p>'
            '<div class="mc-still" tabindex="0"><table><thead><tr>'
            '<th scope="col">Parte, de baixo para cima</th><th scope="col">Forma</th>'
            '<th scope="col">Números</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
            f"{html.bars(top, rest)}"
        )

    def parts(self) -> list[tuple[str, str, int]]:
        """(name, shape, how many numbers) of the parts for this text, from the embedding to the logits."""
        s, T = self.sizes, len(self.recording["tokens"])
        D, H, K, E, M, V = (s[letter] for letter in "DHKEMV")
        return [
            ("embedding", f"{T} × {D}", T * D),
            (f"consultas (q), em cada uma das {s['L']} camadas", f"{T} × {H} × {E}", T * H * E),
            ("chaves (k) e valores (v)", f"2 × {T} × {K} × {E}", 2 * T * K * E),
            ("pesos de atenção", f"{H} × {T} × {T}", H * T * T),
            ("o que a atenção escreve", f"{T} × {D}", T * D),
            ("MLP: porta, subida e o produto das duas", f"3 × {T} × {M}", 3 * T * M),
            ("o que a MLP escreve", f"{T} × {D}", T * D),
            ("logits do próximo token", f"{V}", V),
        ]


def sizes_of(lm: object) -> dict:
    """Letter -> size of the model. Raises ValueError for one that is not of the Qwen3 family."""
    config = lm.compute("config", {})["config"]
    kind = (config.get("architectures") or ["desconhecida"])[0]
    if not kind.startswith("Qwen3For") or any(key not in config for key in SIZES.values()):
        raise ValueError(f"A máquina desenha modelos da família Qwen3; {lm.name} é da arquitetura {kind}.")
    return {letter: config[key] for letter, key in SIZES.items()}


def best_of(lm: object, ids: list[int]) -> dict:
    """{top: [{id, text, p, logit}], rest} after these tokens, the document's mark first."""
    answer = lm.compute("next", {"ids": ids, "k": BEST})
    top = [{key: each[key] for key in ("id", "text", "p", "logit")} for each in answer["top"]]
    for each in top:
        each["p"], each["logit"] = float(f"{each['p']:.6g}"), float(f"{each['logit']:.7g}")
    return {"top": top, "rest": float(f"{answer['rest']:.6g}")}


def coded(array: object) -> str:
    """Numbers as float32, little-endian, in base64."""
    return base64.b64encode(np.asarray(array, dtype="<f4").tobytes()).decode()


def whole(number: int) -> str:
    """25600 -> '25.600'."""
    return f"{number:,}".replace(",", ".")
