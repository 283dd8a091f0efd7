"""Generate: the autoregressive loop, one token a step, with every distribution it drew from.

The recording is a run made here by the very calls that the figure makes when it is live, so that it plays
with no model. Branching, editing or moving the temperature asks a model through `compute`. Nothing here is
drawn at random: seed and step decide each draw, the same in Python and in the page.
"""

from __future__ import annotations

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

END = "<|endoftext|>"


class Generate(Widget):
    """The loop that turns next-token distributions into a text, with branches.

    Args:
        source: a model: anything with `compute(method, params)` and `name`, as `LM`.
        prompt: the text to continue; may be empty.
        temperature: of the draw, 0 (always the most probable) to 2.
        max_new_tokens: length of the recorded run, and of one playing, 1 to 60.
        seed: with the number of the step, decides each draw.
        k: how many bars, 3 to 12.
        sampling: the other rules of the draw, as `llmlib.scratch.sampling` names them (`top_p=0.9` …).
    """

    name = "generate"
    prompt = traitlets.Unicode("").tag(sync=True)
    k = traitlets.Int(8).tag(sync=True)
    max_new_tokens = traitlets.Int(24).tag(sync=True)
    sampling = traitlets.Dict().tag(sync=True)
    recording = traitlets.Dict().tag(sync=True)  # {tokens of the prompt, cut, steps: [{top, chosen}]}

    def __init__(
        self,
        source: object,
        prompt: str = "",
        temperature: float = 0.8,
        max_new_tokens: int = 24,
        seed: int = 0,
        k: int = 8,
        **sampling: float,
    ) -> None:
        for label, value, low, high in (
            ("temperature", temperature, 0, 2),
            ("max_new_tokens", max_new_tokens, 1, 60),
            ("k", k, 3, 12),
        ):
            if not low <= value <= high:
                raise ValueError(f"{label} vai de {low} a {high}; veio {value}.")
        sampling = {"temperature": temperature, **sampling, "seed": seed}
        super().__init__(
            compute=source.compute,
            model_name=source.name,
            prompt=prompt,
            k=k,
            max_new_tokens=max_new_tokens,
            sampling=sampling,
            recording=record(source.compute, prompt, k, max_new_tokens, sampling),
        )

    def written(self) -> list[dict]:
        """The tokens of the recorded run: {id, text, p, q}."""
        return [step["chosen"] for step in self.recording["steps"][: self.max_new_tokens]]

    def summary(self) -> str:
        text = "".join(token["text"] for token in self.written() if token["text"] != END)
        return f"O modelo continuou “{self.prompt}” assim: “{text.strip()}”."

    def fallback(self) -> str:
        first = self.recording["steps"][0]
        rest = max(0.0, 1 - sum(row["p"] for row in first["top"]))
        return (
            f"{html.line(self.prompt)}{html.strip([*self.recording['tokens'], *self.written()])}"
            f'<p class="llm-best">O primeiro token foi sorteado entre estes; saiu '
            f"{html.escape(html.spoken(first['chosen']['text']))}:</p>{html.bars(first['top'], rest)}"
        )


def record(compute: object, prompt: str, k: int, length: int, sampling: dict) -> dict:
    """Plays the loop: `length` draws, and one distribution more for the last token."""
    answer = compute("next", {"text": prompt, "k": k, "sampling": sampling, "generated": 0})
    tokens = [{"id": each["id"], "text": each["text"]} for each in answer["tokens"]]
    ids, steps = [each["id"] for each in tokens], []
    while True:
        steps.append({"top": [slim(row) for row in answer["top"]], "chosen": slim(answer["chosen"])})
        if len(steps) > length or answer["chosen"]["text"] == END:
            return {"tokens": tokens, "cut": answer["cut"], "steps": steps}
        ids.append(answer["chosen"]["id"])
        answer = compute("next", {"ids": ids, "k": k, "sampling": sampling, "generated": len(steps)})


def slim(row: dict) -> dict:
    return {key: row[key] for key in ("id", "text", "p", "q")}
