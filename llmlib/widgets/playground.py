"""Playground: what a hosted playground has, over the course's models, in a notebook and in the static page.

Text or conversation, one side or two, every control of `llmlib.scratch.sampling`, tokens with what else could
have come, sessions in links and files, the same request as Python. One run is recorded here, by the very
calls that the figure makes when it is live. Nothing here samples or draws: the parts of the drawing are
`playground.*.js`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

import traitlets

from llmlib import data
from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

K = 6  # alternatives kept for each token, as in playground.js
USUAL = {  # at rest; the table of playground.settings.js says the same
    "temperature": 1.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0,
    "frequency_penalty": 0.0, "presence_penalty": 0.0, "max_new_tokens": 60, "seed": 0, "stop": [],
}  # fmt: skip
RANGES = {
    "temperature": (0, 2), "top_p": (0, 1), "top_k": (0, 100), "min_p": (0, 1),
    "repetition_penalty": (0.5, 2), "frequency_penalty": (-2, 2), "presence_penalty": (-2, 2),
    "max_new_tokens": (0, 512), "seed": (0, 2**31 - 1),
}  # fmt: skip


class Playground(Widget):
    """A playground.

    Args:
        source: opens a model by its name, as `load`; or one model (`compute`, `name`, as `LM`).
        prompt: the text to continue; in a conversation, the first message ("" for none).
        models: names to choose from. Of the course's models only those that are bundled are offered; a name
            with a slash is a hub model, offered where a kernel computes. The first is the one recorded.
        chat: a conversation, in the models' chat format, and not free text.
        system: the system message of the conversation.
        versus: a second side: what differs in it ({"model": …, "temperature": …}).
        key: a name for the figure, which its links carry: letters and digits, unique in the page.
        settings: the controls, by their names in `llmlib.scratch.sampling`, and `max_new_tokens`, `stop`.
    """

    name = "playground"
    key = traitlets.Unicode("1").tag(sync=True)
    models = traitlets.List(traitlets.Dict()).tag(sync=True)  # {name, context, chat, bundled}
    session = traitlets.Dict().tag(sync=True)  # {mode, system, prompt, sides, turns}: playground.session.js
    received = traitlets.List(traitlets.Dict()).tag(sync=True)  # tokens of the recorded request: {id, text}

    def __init__(
        self,
        source: object,
        prompt: str = "",
        *,
        models: Sequence[str] = (),
        chat: bool = False,
        system: str = "",
        versus: dict | None = None,
        key: str = "1",
        **settings: object,
    ) -> None:
        if not re.fullmatch(r"[a-z0-9]{1,20}", key):
            raise ValueError(f"key são até 20 letras minúsculas ou algarismos; veio {key!r}.")
        one = hasattr(source, "compute")
        there = data.model_names()
        names = [source.name] if one else [name for name in models if "/" in name or name in there]
        if not names:
            raise ValueError(f"Nenhum dos modelos pedidos veio com o curso. Os que há: {', '.join(there)}.")
        self._models = _Models((lambda _: source) if one else source, names[0])
        sides = [{"model": names[0], "settings": checked(settings)}]
        if versus:
            other = dict(versus)
            model = other.pop("model", names[0])
            model = model if model in names else names[0]
            if other or model != names[0]:  # a model that is not bundled, and nothing else: no second side
                sides.append({"model": model, "settings": checked(settings | other)})
        session = {"mode": "chat" if chat else "text", "system": system, "prompt": "" if chat else prompt}
        session |= {"sides": sides, "turns": []}
        request = asked(prompt, system) if chat else {"text": prompt}
        answers = [self._models.record(request, side) for side in sides] if prompt else []
        if answers:
            session["turns"].append({"user": prompt, "answers": answers})
        super().__init__(
            compute=self._models.compute,
            model_name=next((name for name in names if "/" not in name), names[0]),
            key=key,
            models=[self._models.about(name) for name in names],
            session=session,
            received=[
                {"id": token["id"], "text": token["text"]}
                for token in self._models.compute("encode", {"model": names[0], **request})["tokens"]
            ],
        )

    def summary(self) -> str:
        if not self.session["turns"]:
            return "Um playground: escolha o modelo e os controles, escreva e gere."
        turn, sides = self.session["turns"][0], self.session["sides"]
        said = "; ".join(
            f"{side['model']}{_differs(side, sides)}: “{answer['text'].strip()}”"
            for side, answer in zip(sides, turn["answers"], strict=True)
        )
        return f"Ao pedido “{turn['user']}”, {said}."

    def fallback(self) -> str:
        if not self.session["turns"]:
            return f"<p>{self.summary()}</p>"
        turn, sides = self.session["turns"][0], self.session["sides"]
        cells = "".join(
            f'<div class="pg-cell"><p class="pg-name">{html.escape(side["model"] + _differs(side, sides))}'
            f"</p>{html.strip(answer['tokens'])}</div>"
            for side, answer in zip(sides, turn["answers"], strict=True)
        )
        return f'{html.line(turn["user"])}<div class="pg-columns">{cells}</div>'


class _Models:
    """Models opened when first asked for."""

    def __init__(self, load: Callable[[str], object], first: str) -> None:
        self._load, self._first, self._open = load, first, {}

    def opened(self, name: str) -> object:
        if name not in self._open:
            self._open[name] = self._load(name)
        return self._open[name]

    def compute(self, method: str, params: dict) -> object:
        rest = {key: value for key, value in params.items() if key != "model"}
        return self.opened(params.get("model", self._first)).compute(method, rest)

    def about(self, name: str) -> dict:
        """{name, context, chat, bundled}: a bundled model says it in its files, without being opened.

        A context of 0: not known yet.
        """
        lm = self._open.get(name)
        context = getattr(lm, "context", 0)
        chat = bool(getattr(getattr(lm, "tokenizer", None), "chat_template", None))
        if "/" not in name and name in data.model_names():
            folder = data.model_path(name)
            context = json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"]
            settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
            chat = "chat_template" in settings or (folder / "chat_template.jinja").exists()
        return {"name": name, "context": context, "chat": chat, "bundled": "/" not in name}

    def record(self, request: dict, side: dict) -> dict:
        """The answer of one side, as playground.js makes it."""
        rules = dict(side["settings"])
        length, stop = rules.pop("max_new_tokens"), rules.pop("stop")
        params = {"model": side["model"], **request, "k": K, "sampling": rules, "stop": stop}
        if not length:
            return {**side, "tokens": [], "text": "", "reason": "length", "done": True}
        events, result = finished(self.compute("generate", params | {"max_new_tokens": length}))
        tokens = [{**slim(each["token"]), "top": [slim(row) for row in each["top"]]} for each in events]
        return {**side, "tokens": tokens, "text": result["text"], "reason": result["reason"], "done": True}


def slim(row: dict) -> dict:
    return {"id": row["id"], "text": row["text"], "p": round(row["p"], 5), "q": round(row["q"], 5)}


def asked(prompt: str, system: str) -> dict:
    """One question as messages."""
    messages = [{"role": "system", "content": system}] if system.strip() else []
    return {"messages": [*messages, {"role": "user", "content": prompt}]}


def checked(settings: dict) -> dict:
    """All the controls, with those at rest filled in. Raises ValueError for a wrong name or value."""
    if unknown := [name for name in settings if name not in USUAL]:
        raise ValueError(f"Não conheço o controle “{unknown[0]}”; os que existem são {', '.join(USUAL)}.")
    full = {**USUAL, **settings}
    for name, (low, high) in RANGES.items():
        value, whole = full[name], isinstance(USUAL[name], int)
        good = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not good or not low <= value <= high:
            raise ValueError(f"{name} vai de {low} a {high}{', sem vírgula' if whole else ''}; veio {value}.")
    stops = [full["stop"]] if isinstance(full["stop"], str) else list(full["stop"])
    if len(stops) > 4 or not all(isinstance(each, str) and 0 < len(each) <= 40 for each in stops):
        raise ValueError("stop são até 4 textos de 1 a 40 caracteres.")
    return full | {"stop": stops}


def _differs(side: dict, sides: list[dict]) -> str:
    """What tells a side from the other in words: its temperature, if the model is the same."""
    if len({each["model"] for each in sides}) == len(sides):
        return ""
    return f", temperatura {html.decimal(side['settings']['temperature'], 2).rstrip('0').rstrip(',')}"
