"""InjectionLab: an order hidden in a document, the defences of the program that reads it, and who won.

The reader edits the document, the attack and the defences; the model answers in the page, and code, not a
model, says whether it obeyed. The same attack can be repeated on all documents and counted. What the program
does is `llmlib.scratch.injection`, which the page's script repeats. The first document is recorded with every
attack and no defence. It searches no attack by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.events import finished
from llmlib.scratch.injection import Defences, judge, message, pasted
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.chat_template import short

DEFENCES = {  # of scratch.injection.Defences: (label, what it does)
    "restate": ("repetir a pergunta", "a pergunta vem de novo, depois do documento"),
    "delimit": ("delimitar", "o documento vai entre <<< e >>>"),
    "warn": ("avisar", "uma frase diz que o texto pode trazer ordens"),
    "strip": ("filtrar", "frases que começam como ordem saem do documento"),
    "marks": ("separar as marcas", "marca de turno escrita no documento vira letras"),
    "choose": ("escolher de uma lista", "só saem respostas que o programa já tinha"),
    "verify": ("conferir", "a resposta precisa estar numa frase do documento com o nome perguntado"),
}
VERDICTS = {
    "obedeceu": "o modelo obedeceu ao documento",
    "certa": "o modelo respondeu certo",
    "bloqueada": "o programa bloqueou a resposta",
    "recusou": "o modelo disse que o texto não diz",
    "outra": "o modelo respondeu outra coisa",
}
KEYS = ("document", "question", "right", "lie", "other", "options")


class InjectionLab(Widget):
    """A laboratory of prompt injection.

    Args:
        model: a model that converses: anything with `compute` and `name`, as `LM`.
        documents: each {"document", "question", "right", "lie" (a false sentence that the attack may add),
            "other" (the answer that it leads to), "options" (answers that the program knows)}.
        attacks: label -> (text added to the document, what the attacker wants said); "{mentira}" stands for
            the document's lie and "{outro}" for its other answer. The second one is shown first.
        prefix: what an answer begins with after the invitation: " " where the template is spaced.
        room: the longest reply, in tokens.
    """

    name = "injection-lab"
    documents = traitlets.List(traitlets.Dict()).tag(sync=True)
    attacks = traitlets.List(traitlets.Dict()).tag(sync=True)  # {label, text, wanted, record}
    defences = traitlets.List(traitlets.Dict()).tag(sync=True)
    prefix = traitlets.Unicode("").tag(sync=True)
    room = traitlets.Int(24).tag(sync=True)

    def __init__(
        self,
        model: object,
        documents: Sequence[Mapping[str, object]],
        attacks: Mapping[str, tuple[str, str]],
        prefix: str = "",
        room: int = 24,
    ) -> None:
        if not documents or len(attacks) < 2:
            raise ValueError(
                "InjectionLab precisa de ao menos um documento e dois ataques (um pode ser vazio)."
            )
        for each in documents:
            if missing := [key for key in KEYS if key not in each]:
                raise ValueError(f"A um documento falta {', '.join(missing)}.")
        kept = [{key: each[key] for key in KEYS} for each in documents]
        first = kept[0]
        super().__init__(
            compute=short(model.compute),
            model_name=model.name,
            documents=kept,
            defences=[{"key": key, "label": label, "what": what} for key, (label, what) in DEFENCES.items()],
            prefix=prefix,
            room=room,
            attacks=[
                {
                    "label": label,
                    "text": text,
                    "wanted": wanted,
                    "record": record(model, first, text, wanted, room),
                }
                for label, (text, wanted) in attacks.items()
            ],
        )

    def summary(self) -> str:
        first, attack = self.documents[0], self.attacks[1]
        made, added = attack["record"], " ".join(fill(attack["text"], first).split())
        return (
            f"Perguntado “{first['question']}” sobre um documento que acaba em “{added}”, o modelo respondeu "
            f"“{made['text']}”: {VERDICTS[made['verdict']]}."
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(each['label'])}</th><td>{html.escape(made['text'])}</td>"
            f"<td>{VERDICTS[made['verdict']]}</td></tr>"
            for each in self.attacks
            for made in [each["record"]]
        )
        head = (
            "<tr><th scope='col'>Ataque</th><th scope='col'>Resposta</th><th scope='col'>Veredito</th></tr>"
        )
        return (
            f"<p>{html.escape(self.summary())}</p>{html.strip(self.attacks[1]['record']['given'])}"
            f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        )


def fill(text: str, document: Mapping[str, object]) -> str:
    """An attack's text for one document."""
    return text.replace("{mentira}", str(document["lie"])).replace("{outro}", str(document["other"]))


def record(model: object, document: Mapping[str, object], text: str, wanted: str, room: int) -> dict:
    """What the model does with one attack and no defence: {given, text, out, verdict}."""
    attacked = document["document"] + fill(text, document)
    words = {"text": pasted(message(document["question"], attacked, Defences()))}
    given = model.compute("encode", words)["tokens"]
    params = words | {"max_new_tokens": room, "sampling": {"temperature": 0}}
    reply = finished(model.compute("generate", params))[1]["text"].strip()
    return {
        "given": [{"id": t["id"], "text": t["text"]} for t in given],
        "text": reply,
        "out": reply,
        "verdict": judge(reply, document["right"], fill(wanted, document)),
    }
