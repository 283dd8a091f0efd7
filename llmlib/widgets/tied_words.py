"""TiedWords: which earlier words matter at a word, by attention, by taking them away, and by gradient.

Texts come recorded with their measures (as `llmlib.scratch.importance.study` gives them); a text of the
reader's is measured where a model is, through `compute`, one pass for each word and way of taking it out. It
shows the measures side by side, with what distance alone would make one expect, if that was measured; it does
not say which of them is right.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.head_walk import opening

CHANGES = ("deleted", "faded", "rate")
PROFILE = ("attention", "best", *CHANGES)


def squeezed(values: np.ndarray) -> dict:
    """Numbers from 0 up, in 16 bits with one scale: {shape, scale, data}; off by scale/130000."""
    array = np.asarray(values, dtype=np.float64)
    scale = float(array.max()) or 1.0
    whole = np.round(np.clip(array, 0, None) / scale * 65535).astype("<u2")
    data = base64.b64encode(whole.tobytes()).decode("ascii")
    return {"shape": list(array.shape), "scale": scale, "data": data}


def whole(text: str) -> str:
    """A word cut into loose bytes, ⟨C3⟩⟨A7⟩, as letters again where they make some."""

    def letters(run: re.Match) -> str:
        try:
            return bytes.fromhex(re.sub("[⟨⟩]", "", run[0])).decode()
        except UnicodeDecodeError:
            return run[0]

    return re.sub(r"(?:⟨[0-9A-F]{2}⟩)+", letters, text)


def unsqueezed(part: Mapping[str, object]) -> np.ndarray:
    """The inverse of `squeezed`."""
    whole = np.frombuffer(base64.b64decode(part["data"]), dtype="<u2").reshape(part["shape"])
    return whole * (part["scale"] / 65535)


class TiedWords(Widget):
    """Three measures of every earlier word, as seen from a word that the reader chooses.

    Args:
        source: a model (`compute` and `name`, as `LM`), or None: then only what was recorded can be seen.
        studies: texts with their measures: what `study` returns and `text`.
        neutral: (D,) the vector that stands for "no word in particular", the mean of the embeddings.
        profile: by measure, {"mark", "distance"}: its mean by distance in words (data/medidas).
        word: where the first text starts, as it is written in it; the last word if empty.
    """

    name = "tied-words"
    recordings = traitlets.List(traitlets.Dict()).tag(sync=True)
    neutral = traitlets.List(traitlets.Float()).tag(sync=True)
    profile = traitlets.Dict().tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)  # the word of the first text, by its place

    def __init__(
        self,
        source: object,
        studies: Sequence[Mapping[str, object]],
        neutral: Sequence[float] = (),
        profile: Mapping[str, Mapping[str, object]] | None = None,
        word: str = "",
    ) -> None:
        if not studies:
            raise ValueError("Não há nenhum texto medido para mostrar.")
        recordings = [_reduced(study) for study in studies]
        words = [each.strip() for each in recordings[0]["words"]]
        if word and word not in words:
            raise ValueError(f"“{word}” não é uma palavra do primeiro texto; ele tem {', '.join(words[1:])}.")
        known = {name: dict(each) for name, each in (profile or {}).items() if name in PROFILE}
        super().__init__(
            compute=getattr(source, "compute", None) if len(neutral) else None,
            model_name=getattr(source, "name", "") if len(neutral) else "",
            recordings=recordings,
            neutral=[float(x) for x in neutral],
            profile=known,
            at=len(words) - 1 - words[::-1].index(word) if word else len(words) - 1,
        )

    def measures(self, number: int, word: int) -> dict[str, np.ndarray]:
        """Attention (mean of the heads) and the three changes, of words 0 to `word`, in a recorded text."""
        recording = self.recordings[number]
        seen = {"attention": unsqueezed(recording["attentions"])[:, :, word, : word + 1].mean((0, 1))}
        return seen | {name: unsqueezed(recording[name])[: word + 1, word] for name in CHANGES}

    def strongest(self, name: str, number: int = 0, word: int | None = None) -> int:
        """Place of the earlier word that a measure puts first; the mark of the text does not count."""
        word = self.at if word is None else word
        return 1 + int(self.measures(number, word)[name][1:word].argmax())

    def summary(self) -> str:
        words = self.recordings[0]["words"]
        if self.at < 2:
            return f"Antes de {html.spoken(words[self.at])} não há nenhuma palavra."
        first, gone, fast = (
            html.spoken(words[self.strongest(name)]) for name in ("attention", "deleted", "rate")
        )
        return (
            f"Em {html.spoken(words[self.at])}, a palavra que mais recebe atenção é {first}; a que mais "
            f"muda a aposta se for apagada é {gone}; pelo gradiente, {fast}."
        )

    def fallback(self) -> str:
        recording, found = self.recordings[0], self.measures(0, self.at)
        names = [opening(word.strip() or word, i) for i, word in enumerate(recording["words"])]
        rows = "".join(
            f'<tr><th scope="row">{html.token(names[i])}</th>'
            f"<td>{html.percent(float(found['attention'][i]))}</td>"
            f"<td>{html.percent(float(found['deleted'][i])) if 0 < i < self.at else '–'}</td>"
            f"<td>{html.decimal(float(found['rate'][i]), 2)}</td></tr>"
            for i in range(self.at + 1)
        )
        return (
            f'{html.line(recording["text"])}<p class="llm-best">{html.escape(self.summary())}</p>'
            '<table><thead><tr><th scope="col">Palavra</th><th scope="col">Atenção</th>'
            '<th scope="col">Sem ela</th><th scope="col">Gradiente</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )


def _reduced(study: Mapping[str, object]) -> dict:
    """What the figure draws of a study: the measures at the last token of each word."""
    groups = [list(places) for places in study["groups"]]
    ends = [places[-1] for places in groups]
    W = len(groups)
    attentions = np.asarray(study["attentions"], dtype=np.float64)  # (L, H, T, W)
    if attentions.ndim != 4 or attentions.shape[-1] != W:
        raise ValueError(f"attentions deveria ser (L, H, T, {W}), e veio {attentions.shape}.")
    if not np.isfinite(attentions).all():
        raise ValueError("attentions tem valores que não são números.")
    out = {
        "text": str(study["text"]),
        "words": [whole("".join(study["tokens"][t] for t in places)) for places in groups],
        "attentions": squeezed(attentions[:, :, ends]),  # (L, H, W, W)
        "rollout": squeezed(np.asarray(study["rollout"])[ends]),  # (W, W): row asks, column is looked at
    }
    for name in CHANGES:
        values = np.asarray(study[name], dtype=np.float64)  # (W, T)
        if values.ndim != 2 or len(values) != W or not np.isfinite(values).all():
            raise ValueError(f"{name} deveria ser ({W}, T), só com números; veio {values.shape}.")
        out[name] = squeezed(values[:, ends])  # (W, W): row is taken away, column sees it
    return out
