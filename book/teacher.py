"""The teacher's notes of a page: `docente` in its front matter, shown as a folded block at the end.

    docente:
      minutos: {leitura: 25, laboratório: 20, exercícios: 30}
      antes: O que a turma precisa saber antes.
      perguntas: ["Primeira pergunta de abertura?", "Segunda?"]
      ideia_errada: O que quase todo mundo pensa.
      figura: A figura que desfaz a ideia.

Every text may use inline Markdown. Unknown or missing keys are an error that names the page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from markdown_it import MarkdownIt

KEYS = {"minutos", "antes", "perguntas", "ideia_errada", "figura"}
inline = MarkdownIt("commonmark", {"html": False}).renderInline


@dataclass(frozen=True)
class Notes:
    """All texts are Markdown; `minutes` is [(what, minutes)]."""

    minutes: list[tuple[str, int]]
    before: str
    questions: list[str]
    wrong_idea: str
    figure: str

    @property
    def total(self) -> int:
        return sum(minutes for _, minutes in self.minutes)

    def rows(self) -> list[tuple[str, str]]:
        """(label, Markdown) in the order in which they are shown."""
        times = ", ".join(f"{what} {minutes} min" for what, minutes in self.minutes)
        return [
            ("Tempo", f"{self.total} minutos ({times})"),
            ("Antes", self.before),
            ("Para abrir a conversa", " ".join(f"“{question}”" for question in self.questions)),
            ("A ideia errada de sempre", self.wrong_idea),
            ("A figura que a desfaz", self.figure),
        ]

    def html_rows(self) -> list[tuple[str, str]]:
        return [(label, inline(text)) for label, text in self.rows()]


def read(front_matter: object, page: str) -> Notes | None:
    """The notes in a page's front matter (a mapping, or its JSON as Sphinx keeps it), or None."""
    if not front_matter:
        return None
    data = json.loads(front_matter) if isinstance(front_matter, str) else dict(front_matter)
    if set(data) != KEYS:
        wrong = ", ".join(sorted(set(data) ^ KEYS))
        raise ValueError(f"{page}: `docente` must have exactly {', '.join(sorted(KEYS))}; check {wrong}")
    minutes = [(str(what), int(amount)) for what, amount in data["minutos"].items()]
    questions = [str(question).strip() for question in data["perguntas"]]
    return Notes(
        minutes, data["antes"].strip(), questions, data["ideia_errada"].strip(), data["figura"].strip()
    )
