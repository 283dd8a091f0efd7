"""A language model of a hundred thousand weights, trained on any text while you watch.

A step takes some windows of the text, asks the model for the next character at every position, and moves
each weight a little (AdamW) against the gradient of the mean loss. The held-out part is never trained on: the
loss there says what was learned, and not only kept. `Lesson.train` is a generator that tells what happens; it
can be left and taken up again, and the learning rate may change between two steps.

The engine of the page (`llmlib/engine/lesson.js`) does the same in JavaScript, from the same first weights,
on the same windows: with the same seed both tell the same losses, up to rounding.
Not here: the model (`transformer.py`), the vocabulary (`characters.py`), and what training a larger one needs
(`train.py`: learning rates that rise and fall, several processes, checkpoints).

Legend: V vocabulary, B batch, T context, W windows.
"""

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor, nn

from llmlib.scratch.characters import prepare, untrained_losses
from llmlib.scratch.kv_cache import KVCache
from llmlib.scratch.sampling import Sampling, draw, probabilities, uniform
from llmlib.scratch.transformer import Config, Transformer

WINDOWS = 24  # at most, on which the held-out loss is measured
WARMUP = 20  # steps during which the learning rate rises
BETAS, EPS, CLIP = (0.9, 0.95), 1e-8, 1.0  # of AdamW; the longest gradient allowed
FIRST_WEIGHTS, WHICH_ROWS = 0, 1  # streams of draws
LIMITS = {
    "layers": ("O número de camadas", 1, 6),
    "hidden_size": ("A largura", 16, 128),
    "learning_rate": ("A taxa de aprendizado", 1e-6, 10),
    "batch": ("O lote", 1, 64),
    "context": ("O contexto", 8, 256),
    "seed": ("A semente", 0, 10**9),
}


def decimal(value: float) -> str:
    """0.005 -> '0,005'."""
    return np.format_float_positional(value, trim="-").replace(".", ",")


@dataclass(frozen=True)
class Recipe:
    """The choices. LIMITS says how far each may go; a width is a multiple of 16, the size of a head."""

    layers: int = 2
    hidden_size: int = 64
    learning_rate: float = 5e-3
    batch: int = 16  # windows a step, B
    context: int = 64  # characters a window, T
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (label, low, high) in LIMITS.items():
            value = getattr(self, name)
            whole = name == "learning_rate" or value == int(value)
            if not (low <= value <= high and whole):
                raise ValueError(f"{label} vai de {decimal(low)} a {decimal(high)}; veio {decimal(value)}.")
        if self.hidden_size % 16:
            raise ValueError(f"A largura é um múltiplo de 16; veio {self.hidden_size}.")

    def config(self, vocab_size: int) -> Config:
        """Qwen3's layout: heads of 16, keys and values shared by two, an MLP 2.75 times as wide."""
        heads = self.hidden_size // 16
        return Config(
            vocab_size=vocab_size,
            hidden_size=self.hidden_size,
            intermediate_size=11 * self.hidden_size // 4,
            num_hidden_layers=self.layers,
            num_attention_heads=heads,
            num_key_value_heads=heads // 2 if heads % 2 == 0 else heads,
            head_dim=16,
            max_position_embeddings=self.context,
        )


def first_weights(model: Transformer, seed: int) -> None:
    """Draw the matrices between ±√3 × their standard deviation, the same in Python and in the page.

    The deviation is 1/√(inputs), divided by √(2L) where a matrix writes to the residual stream; that of the
    embedding is 0.02, so that at first all characters are nearly alike. Norms stay at 1.
    """
    done, L = 0, model.config.num_hidden_layers
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim < 2:
                continue
            std = 0.02 if "embed" in name else weight.shape[1] ** -0.5
            std /= math.sqrt(2 * L) if "o_proj" in name or "down_proj" in name else 1
            u = uniform(4 * seed + FIRST_WEIGHTS, np.arange(done, done + weight.numel(), dtype=np.uint64))
            weight.copy_(torch.from_numpy((2 * u - 1) * math.sqrt(3) * std).view_as(weight))
            done += weight.numel()


class Lesson:
    """One model and the text that it learns. `learning_rate` may be changed at any time."""

    def __init__(self, text: str, recipe: Recipe = Recipe()):
        self.recipe, self.text = recipe, prepare(text, recipe.context)
        self.model = Transformer(recipe.config(len(self.text.vocabulary)))
        first_weights(self.model, recipe.seed)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), recipe.learning_rate, BETAS, EPS, weight_decay=0.0, fused=True
        )
        self.step, self.seconds, self.learning_rate = 0, 0.0, recipe.learning_rate
        self.latest: list[float] = []  # losses of the last steps

    def start(self) -> dict:
        """What is known before the first step: sizes, and the losses of guessing without learning."""
        return {
            "characters": len(self.text.train) + len(self.text.valid),
            "held_out": len(self.text.valid),
            "cut": self.text.cut,
            "vocabulary": len(self.text.vocabulary),
            "parameters": sum(p.numel() for p in self.model.parameters()),
            **untrained_losses(self.text),
        }

    def rows(self) -> Tensor:
        """The windows of this step, at random places: (B, T+1), the last T of which are to be predicted."""
        B, T = self.recipe.batch, self.recipe.context
        which = np.arange(self.step * B, (self.step + 1) * B, dtype=np.uint64)  # (B,)
        starts = uniform(4 * self.recipe.seed + WHICH_ROWS, which) * (len(self.text.train) - T)  # (B,)
        return torch.from_numpy(self.text.train[starts.astype(np.int64)[:, None] + np.arange(T + 1)])

    def loss(self, rows: Tensor) -> Tensor:
        """Mean -ln p of the next character, over rows (W, T+1)."""
        logits = self.model(rows[:, :-1]).logits  # (W, T, V)
        return nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())

    @torch.no_grad()
    def validate(self) -> float:
        """The loss on windows of the held-out part, evenly spread, always the same."""
        T, valid = self.recipe.context, self.text.valid
        count = min(WINDOWS, max(1, (len(valid) - 1) // T))
        starts = np.arange(count) * (len(valid) - T - 1) // max(1, count - 1)  # (W,)
        return self.loss(torch.from_numpy(valid[starts[:, None] + np.arange(T + 1)])).item()

    def learn(self) -> tuple[float, float]:
        """One step. Returns its loss, and the length of the gradient before clipping."""
        began = time.perf_counter()
        self.optimizer.zero_grad()
        loss = self.loss(self.rows())
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), CLIP).item()
        self.step += 1
        self.optimizer.param_groups[0]["lr"] = self.learning_rate * min(1.0, self.step / WARMUP)
        self.optimizer.step()
        self.seconds += time.perf_counter() - began
        self.latest = [*self.latest[-7:], loss.item()]
        return loss.item(), norm

    def diverged(self) -> bool:
        """Is the loss no number any more, or for 8 steps half as large again as that of guessing blindly?"""
        worst = 1.5 * math.log(len(self.text.vocabulary))
        mean = sum(self.latest) / max(1, len(self.latest))
        return not math.isfinite(mean) or (len(self.latest) == 8 and mean > worst)

    @torch.no_grad()
    def write(self, prompt: str = "", length: int = 160, temperature: float = 0.8, seed: int = 0) -> dict:
        """Continue `prompt` by `length` characters. When the context is full, its first half is forgotten.

        Returns: {prompt: as the model read it, text: the continuation}.
        """
        known = self.text.encode(prompt)
        window = (known or self.text.encode("\n") or [0])[-self.recipe.context :]
        cache, new, written = KVCache(), list(window), []
        for step in range(length):
            if len(window) > self.recipe.context:
                new = window = window[-(self.recipe.context // 2) :]
                cache = KVCache()
            logits = self.model(torch.tensor([new]), cache).logits[0, -1].double().numpy()  # (V,)
            if not np.isfinite(logits).all():  # it diverged: there is nothing left to ask
                break
            token = draw(probabilities(logits, Sampling(temperature)), uniform(seed, step))
            written.append(token)
            window, new = [*window, token], [token]
        return {"prompt": self.text.decode(known), "text": self.text.decode(written)}

    def train(self, steps: int, every: int = 25, length: int = 160) -> Generator[dict, None, dict]:
        """Make `steps` steps, and tell. Leaving the generator is a pause: another call goes on from there.

        Yields, at least ten times a second, {step, losses: of the steps since the last event, norm, speed:
        tokens a second}; every `every` steps also {validation, sample: `length` characters}.
        Returns: {reason: "length" or "diverged", step, learning_rate}.
        """
        end, losses, norm, told = self.step + steps, [], None, time.perf_counter()
        while True:
            over = self.step >= end or self.diverged()
            measured = self.step % every == 0 or over
            if measured or time.perf_counter() - told > 0.1:
                speed = self.step * self.recipe.batch * self.recipe.context / max(self.seconds, 1e-9)
                event = {"step": self.step, "losses": losses, "norm": norm, "speed": speed}
                if measured:
                    event |= {"validation": self.validate(), "sample": self.write(length=length)["text"]}
                yield event
                losses, told = [], time.perf_counter()
            if over:
                reason = "diverged" if self.diverged() else "length"
                return {"reason": reason, "step": self.step, "learning_rate": self.learning_rate}
            loss, norm = self.learn()
            losses.append(loss)


class Lessons:
    """What a widget asks a kernel for: `compute` answers as the engine of the page does."""

    def __init__(self, slice_of: Callable[[str], str]):
        """`slice_of`: name of a part of the corpus -> its text."""
        self.slice_of, self.running = slice_of, {}

    def compute(self, method: str, params: dict) -> dict | Generator[dict, None, dict]:
        """train {run, text or corpus, choices of Recipe, steps, every}; without a text it goes on. Also
        adjust {run, learning_rate} and write {run, prompt, length …}. The first event of a run is {start}."""
        run = params.get("run", "")
        if method == "train":
            return self._train(run, params)
        if run not in self.running:
            raise ValueError("Este modelo ainda não começou a treinar.")
        lesson = self.running[run]
        if method == "adjust":
            lesson.learning_rate = Recipe(learning_rate=params["learning_rate"]).learning_rate
            return {"learning_rate": lesson.learning_rate}
        if method == "write":
            names = ("prompt", "length", "temperature", "seed")
            return lesson.write(**{name: params[name] for name in names if name in params})
        raise ValueError(f"O treino não sabe “{method}”; sabe train, adjust e write.")

    def _train(self, run: str, params: dict) -> Generator[dict, None, dict]:
        given = {f.name: params[f.name] for f in fields(Recipe) if params.get(f.name) is not None}
        text = self.slice_of(params["corpus"]) if params.get("corpus") else params.get("text")
        if text is not None:
            self.running = {run: Lesson(text, Recipe(**given))}  # one at a time: the kernel has one thread
            yield {"start": self.running[run].start()}
        elif run not in self.running:
            raise ValueError("Este modelo ainda não começou a treinar.")
        elif "learning_rate" in given:
            self.running[run].learning_rate = given["learning_rate"]
        return (
            yield from self.running[run].train(int(params.get("steps", 1000)), int(params.get("every", 25)))
        )
