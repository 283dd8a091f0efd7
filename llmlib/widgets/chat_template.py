"""ChatTemplate: a conversation as the model receives it, token by token, and which tokens the loss counts.

The reader edits messages; the tokens, their turn and whether the loss counts them follow from the format
(`llmlib.scratch.sft`), and the loss of each token from the model that is chosen. Examples are recorded for
every model. What a message says is text, even if it spells the name of a special token. It trains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import traitlets

from llmlib.measure import surprise
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.several import several

ROLES = {"system": "sistema", "user": "usuário", "assistant": "assistente"}
START, END = "<|im_start|>", "<|im_end|>"
TITLES = ("Modelo base", "Modelo instruído")


class ChatTemplate(Widget):
    """A conversation as tokens, with the loss of each.

    Args:
        models: one or more models: anything with `compute` and `name`, as `LM`; the last is chosen first.
        examples: label -> messages ({"role", "content"}); the first is shown.
        titles: what each model is called.
        prefix: what an answer begins with in the models' format: " " where `sft.SPACED_TEMPLATE` is used.
        room: the longest answer that the button asks for, in tokens.
    """

    name = "chat-template"
    prefix = traitlets.Unicode("").tag(sync=True)
    room = traitlets.Int(60).tag(sync=True)
    vocabulary = traitlets.Int(0).tag(sync=True)  # tokens that the models know
    models = traitlets.List(traitlets.Dict()).tag(sync=True)  # {model, title}
    recordings = traitlets.List(traitlets.Dict()).tag(
        sync=True
    )  # {label, messages, tokens, losses: {model: []}}

    def __init__(
        self,
        models: Sequence[object],
        examples: Mapping[str, Sequence[dict]],
        titles: Sequence[str] = TITLES,
        prefix: str = "",
        room: int = 60,
    ) -> None:
        if not models or not examples:
            raise ValueError("ChatTemplate precisa de ao menos um modelo e uma conversa.")
        if len(titles) < len(models):
            raise ValueError(f"titles precisa de {len(models)} nomes; vieram {len(titles)}.")
        if prefix.strip():
            raise ValueError(f"prefix é um espaço ou nada; veio {prefix!r}.")
        names = list(dict.fromkeys(model.name for model in models))
        compute = several(*models)
        beginning = compute("encode", {"text": "a"})["tokens"]
        vocabulary = compute("trace", {"ids": [token["id"] for token in beginning]})["logits_shape"][1]
        super().__init__(
            compute=short(compute),
            model_name=next((name for name in names if "/" not in name), names[0]),
            prefix=prefix,
            room=room,
            vocabulary=vocabulary,
            models=[{"model": n, "title": t} for n, t in zip(names, titles, strict=False)],
            recordings=[record(compute, names, label, said, prefix) for label, said in examples.items()],
        )

    def summary(self) -> str:
        first = self.recordings[0]
        taught = counted(first["tokens"])
        chosen = self.models[-1]
        losses = [x for x, w in zip(first["losses"][chosen["model"]], taught, strict=True) if w]
        mean = f", em média {html.decimal(sum(losses) / len(losses), 2)} nats cada" if losses else ""
        return (
            f"A conversa vira {len(taught)} tokens; a perda conta {sum(taught)} deles, os da resposta"
            f"{mean} ({chosen['title'].lower()})."
        )

    def fallback(self) -> str:
        first = self.recordings[0]
        taught = counted(first["tokens"])
        cells = "".join(
            f'<li class="llm-token{" ct-taught" if weight else ""}">{html.token(token["text"])}</li>'
            for token, weight in zip(first["tokens"], taught, strict=True)
        )
        return f'<p>{html.escape(self.summary())}</p><ol class="llm-strip" aria-label="Tokens">{cells}</ol>'


def formatted(messages: Sequence[dict], prefix: str) -> list[dict]:
    """Messages as they go into the format: an answer begins with the prefix, as its template says."""
    said = []
    for message in messages:
        content = str(message["content"])
        if message["role"] == "assistant" and prefix:
            content = prefix + content.strip()
        said.append({"role": message["role"], "content": content})
    return said


def conversation(compute: Callable, model: str, messages: Sequence[dict], prefix: str) -> list[dict]:
    """The tokens {id, text} of a whole conversation.

    `compute` adds an invitation to the assistant, which is kept only where the assistant has not spoken last.
    """
    answer = compute("encode", {"model": model, "messages": formatted(messages, prefix)})
    tokens = [{"id": token["id"], "text": token["text"]} for token in answer["tokens"]]
    if messages[-1]["role"] != "assistant":
        return tokens
    return tokens[: max(i for i, token in enumerate(tokens) if token["text"] == START)]


def counted(tokens: Sequence[dict]) -> list[bool]:
    """Which tokens the loss counts: the assistant's words and the mark that ends its turn (`sft.encode`).

    A header is: the mark, the name of who speaks, a line break. The twin of `turns` in chat_template.js.
    """
    found, header, said = [], "", None
    for token in tokens:
        found.append(said == "assistant")
        if token["text"] == START:
            header, said = "", ""
        elif token["text"] == END:
            said = None
        elif said == "":
            if token["text"].startswith("\n"):
                said = header
            header += token["text"]
    return found


def losses(compute: Callable, model: str, tokens: Sequence[dict]) -> list[float]:
    """-log p (nats) of each token given those before it and the mark that begins every document."""
    ids = [token["id"] for token in tokens]
    answer = compute("trace", {"model": model, "ids": ids})
    whole = [token["id"] for token in answer["tokens"]]
    logits = np.asarray(answer["logits"]).reshape(answer["logits_shape"])
    return surprise(logits, whole)[-len(ids) :].tolist()


def short(compute: Callable) -> Callable[[str, dict], object]:
    """`compute` that answers a "trace" asked with only="losses" by the losses, and not a whole pass.

    The page's engine hands the pass over as it is, at no cost; a kernel would have to write it as JSON.
    """

    def answer(method: str, params: dict) -> object:
        if method == "trace" and params.get("only") == "losses":
            tokens = [{"id": int(i)} for i in params["ids"]]
            return {"losses": losses(compute, params["model"], tokens), "cut": 0}
        return compute(method, params)

    return answer


def record(
    compute: Callable, names: Sequence[str], label: str, messages: Sequence[dict], prefix: str
) -> dict:
    """One example with its tokens, and their losses under each model."""
    if not messages or any(message["role"] not in ROLES for message in messages):
        raise ValueError(f"A conversa “{label}” precisa de mensagens de {', '.join(ROLES)}.")
    tokens = conversation(compute, names[0], messages, prefix)
    return {
        "label": label,
        "messages": [{"role": m["role"], "content": str(m["content"])} for m in messages],
        "tokens": tokens,
        "losses": {name: [round(x, 3) for x in losses(compute, name, tokens)] for name in names},
    }
