"""TimeMachine: one text through the checkpoints that a model kept while it was trained.

At each moment: how the text goes on (always the same seed), how surprising it was, where a head looks, where
some words lie among the embeddings, and the validation losses by kind. All of it is recorded when the figure
is made; for another text, the page loads the checkpoint that the slider stands on (`mini-base@step64`).
It measures the losses nowhere: they were measured in training and travel in the checkpoints' headers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import traitlets

from llmlib.checkpoints import figures, read, steps
from llmlib.measure import surprise
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

MOST = 24  # positions drawn in an attention map
LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-"  # a weight in one character
EMBEDDING = "model.embed_tokens.weight"
KINDS = {  # of validation text, as the figure names them
    "autoral": "textos autorais", "carta": "cartas", "codigo": "código", "comum": "frases comuns",
    "conta": "contas", "copia": "cópia", "descricao": "descrições", "dialogo": "diálogos", "dna": "DNA",
    "exemplos": "exemplos", "fatos": "fatos", "frases": "frases", "historia": "histórias",
    "instrucoes": "instruções", "leitura": "leitura", "noticia": "notícias", "perguntas": "perguntas",
    "receita": "receitas",
}  # fmt: skip


def pack(attentions: np.ndarray) -> str:
    """(L, H, T, T) -> the lower triangles, row by row, head by head, one of 64 levels a character."""
    size = min(MOST, attentions.shape[-1])
    rows, columns = np.tril_indices(size)
    kept = np.clip(np.rint(attentions[:, :, rows, columns] * 63), 0, 63).astype(int)
    return "".join(LEVELS[level] for level in kept.ravel())


def flat_map(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """(W, D) -> places along the two directions in which the words differ most (W, 2); their share."""
    centred = vectors - vectors.mean(0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    points = left[:, :2] * size[:2]
    share = float((size[:2] ** 2).sum() / max((size**2).sum(), 1e-12))
    return points / max(np.sqrt((points**2).sum(1).mean()), 1e-12), share


def turned(points: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """`points` (W, 2) turned or mirrored so that they lie nearest to `towards`: Procrustes' rotation."""
    left, _, right = np.linalg.svd(points.T @ towards)
    return points @ left @ right


def same_group(vectors: np.ndarray, groups: Sequence[str]) -> int:
    """How many words have a word of their own group as nearest neighbour, by cosine."""
    unit = vectors - vectors.mean(0)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    likeness = unit @ unit.T - 2 * np.eye(len(unit))
    return sum(groups[i] == groups[j] for i, j in enumerate(likeness.argmax(1)))


def by_chance(groups: Sequence[str]) -> float:
    """How many words that would be if neighbours were drawn by lot."""
    return sum(list(groups).count(group) - 1 for group in groups) / max(1, len(groups) - 1)


def single(lm: object, words: Mapping[str, Sequence[str]]) -> list[dict]:
    """{id, text, group} of the words that are one token, with a space in front, in this vocabulary."""
    found = []
    for group, each in words.items():
        for word in each:
            tokens = lm.compute("encode", {"text": f" {word}"})["tokens"]
            if len(tokens) == 1:
                found.append({"id": tokens[0]["id"], "text": word, "group": group})
    return found


class TimeMachine(Widget):
    """A text along a training.

    Args:
        open: step name ("step64") -> the model of that moment (anything with `compute`, as `LM`).
        folder: the model's folder, which holds `checkpoints/`; its name is what the page loads.
        text: where the figure starts.
        words: group -> words for the embedding map; those that are more than one token are left out.
        length, temperature, seed: how the text is continued.
    Raises ValueError where the model kept no checkpoints.
    """

    name = "time-machine"
    text = traitlets.Unicode("").tag(sync=True)
    tokens = traitlets.List().tag(sync=True)  # {id, text}; position 0 is the mark before the text
    moments = traitlets.List().tag(sync=True)
    words = traitlets.List().tag(sync=True)  # {text, group}
    chance = traitlets.Float(0).tag(sync=True)
    shape = traitlets.List().tag(sync=True)  # layers, heads
    start = traitlets.List().tag(sync=True)  # layer, head shown first, from 0
    length = traitlets.Int(24).tag(sync=True)
    sampling = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        open: Callable[[str], object],
        folder: str | Path,
        text: str,
        words: Mapping[str, Sequence[str]],
        length: int = 24,
        temperature: float = 0.7,
        seed: int = 0,
    ) -> None:
        folder = Path(folder)
        kept = steps(folder)
        if len(kept) < 2:
            raise ValueError(f"{folder.name} não guardou pontos do treino: sem eles não há por onde voltar.")
        opened = lru_cache(maxsize=3)(open)
        sampling = {"temperature": temperature, "seed": seed}
        last = opened(list(kept)[-1])
        chosen = single(last, words)
        groups = [each["group"] for each in chosen]
        if len(chosen) < 6 or len(set(groups)) < 2:
            raise ValueError(
                "O mapa precisa de seis palavras de um token, em dois grupos ao menos; "
                f"neste vocabulário só há {len(chosen)}."
            )
        moments, points = [], None
        for name, path in reversed(kept.items()):  # backwards: each map is turned towards the one after it
            vectors = read(path)[0][EMBEDDING][[each["id"] for each in chosen]]  # (W, D)
            now, share = flat_map(vectors)
            points = now if points is None else turned(now, points)
            lm = opened(name)
            moment = moment_of(figures(path)) | record(lm, text, length, sampling)
            moment |= {"name": name, "map": points.round(3).tolist(), "share": share}
            moments.append(moment | {"near": same_group(vectors, groups)})
        moments.reverse()
        self._opened = opened
        trace = moments[-1].pop("trace")
        for each in moments[:-1]:
            del each["trace"]
        super().__init__(
            compute=self._answer,
            model_name=folder.name,
            text=text,
            tokens=trace["tokens"],
            moments=moments,
            words=[{"text": each["text"], "group": each["group"]} for each in chosen],
            chance=by_chance(groups),
            shape=list(trace["attentions"].shape[:2]),
            start=sharpest(trace["attentions"]),
            length=length,
            sampling=sampling,
        )

    def _answer(self, method: str, params: dict) -> object:
        """A question about one moment: `model` says which, as in the page ("mini-base@step64")."""
        step = str(params.get("model", "")).partition("@")[2] or self.moments[-1]["name"]
        if step not in {moment["name"] for moment in self.moments}:
            raise ValueError(f"Não há um ponto de treino com o nome {step}.")
        rest = {key: value for key, value in params.items() if key != "model"}
        return self._opened(step).compute(method, rest)

    def summary(self) -> str:
        first, last = self.moments[0], self.moments[-1]
        early, late = (html.decimal(mean(each["bits"]), 1) for each in (first, last))
        return (
            f"Depois de {whole(first['tokens'])} tokens de treino, cada token de “{self.text}” custava "
            f"{early} bits de surpresa; no fim, {late}. "
            f"No fim ele continua assim: “{written(last).strip()}”."
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{whole(each['tokens']).removesuffix(' de')}</td>"
            f"<td>{html.decimal(mean(each['bits']), 1)}</td>"
            f"<td>{html.escape(written(each))}</td></tr>"
            for each in self.moments
        )
        return (
            f"{html.line(self.text)}<p>{html.escape(self.summary())}</p>"
            '<div class="tm-scroll" tabindex="0"><table class="tm-table"><thead><tr>'
            '<th scope="col">Tokens lidos</th><th scope="col">Bits por token</th>'
            '<th scope="col">Como o texto continua</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )


def moment_of(kept: dict) -> dict:
    """What a checkpoint's header says of its moment, as the figure takes it."""
    return {
        "step": kept.get("step", 0),
        "tokens": kept.get("tokens", 0),
        "validation": {KINDS.get(kind, kind): loss for kind, loss in kept.get("validation", {}).items()},
        "induction": kept.get("induction"),
    }


def record(lm: object, text: str, length: int, sampling: dict) -> dict:
    """One text at one moment: {bits, attention, written, trace}."""
    answer = lm.compute("trace", {"text": text})
    T = len(answer["tokens"])
    logits = np.asarray(answer["logits"]).reshape(T, -1)
    attentions = np.asarray(answer["attentions"]).reshape(answer["attentions_shape"])
    ids = [token["id"] for token in answer["tokens"]]
    events = lm.compute("generate", {"text": text, "max_new_tokens": length, "sampling": sampling})
    tokens = [{key: event["token"][key] for key in ("id", "text", "p")} for event in events]
    bits = surprise(logits, ids) / np.log(2)
    return {
        "bits": [round(float(bit), 2) for bit in bits],
        "attention": pack(attentions),
        "written": tokens,
        "trace": {"tokens": answer["tokens"], "attentions": attentions},
    }


def sharpest(attentions: np.ndarray) -> list[int]:
    """[layer, head] that looks most clearly at one earlier token, the mark before the text left out."""
    T = min(MOST, attentions.shape[-1])
    earlier = np.tril(np.ones((T, T), dtype=bool), -1)
    earlier[:, 0] = False
    seen = np.where(earlier, attentions[:, :, :T, :T], 0).max(-1)  # (L, H, T)
    best = seen[:, :, 2:].mean(-1) if T > 2 else seen.mean(-1)
    return [int(i) for i in np.unravel_index(best.argmax(), best.shape)]


def mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def written(moment: dict) -> str:
    return "".join(token["text"] for token in moment["written"] if token["text"] not in html.SPECIAL)


def whole(number: int) -> str:
    """25600 -> '25.600'; from a million on in words, ready for a noun: '1,5 milhão de'."""
    if number >= 1e6:
        return f"{html.count(number)} de"
    return f"{number:,}".replace(",", ".")
