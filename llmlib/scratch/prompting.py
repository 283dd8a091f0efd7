"""A prompt as data: its parts, solved examples, the layout that tells input from output, written steps.

`Prompt.pieces` puts the parts in order and says which part each stretch of text is; everything else is a
change of one part (no examples, another order, wrong answers), so that two prompts differ in one thing only.
It does not ask any model and does not measure. The page's twins are `widgets/prompt_bench.parts.js` and
`widgets/step_sums.ways.js`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from llmlib.scratch.sampling import uniform

Item = tuple[str, str]  # what is asked, what is answered
Layout = tuple[str, str, str]  # before the input, between input and output, after the output

LAYOUTS: dict[str, Layout] = {
    "gato → gatos": ("", " → ", "\n"),
    "gato: gatos": ("", ": ", "\n"),
    "gato = gatos": ("", " = ", "\n"),
    "- gato: gatos": ("- ", ": ", "\n"),
    "Entrada / Saída": ("Entrada: ", "\nSaída: ", "\n"),
    "Pergunta / Resposta": ("Pergunta: ", "\nResposta: ", "\n"),
    "gato => gatos": ("", " => ", "\n"),
    "Item / Fica": ("Item: ", "\nFica: ", "\n"),
}


@dataclass(frozen=True)
class Prompt:
    """What is sent: who should answer, what is asked, on what text, with which examples, and where to write.

    Attributes:
        item: the input to be answered.
        examples: solved items, shown before it in the same layout.
        role, instruction, context: lines above the examples; "" leaves one out.
        layout: what stands around an input and its output.
        cue: whether the prompt ends with what comes between input and output, where the answer begins.
    """

    item: str
    examples: tuple[Item, ...] = ()
    role: str = ""
    instruction: str = ""
    context: str = ""
    layout: Layout = LAYOUTS["gato → gatos"]
    cue: bool = True

    def pieces(self) -> list[tuple[str, str]]:
        """(part, text) pairs whose texts, joined, are the prompt; the answer goes right after."""
        before, between, after = self.layout
        heads = [("papel", self.role), ("instrução", self.instruction), ("contexto", self.context)]
        found = [(part, text.strip() + "\n") for part, text in heads if text.strip()]
        found += [("exemplos", before + x + between + y + after) for x, y in self.examples]
        found.append(("entrada", before + self.item))
        if self.cue:
            found.append(("deixa", between.rstrip(" ")))
        return found

    def text(self) -> str:
        """The whole prompt. An answer begins with a space, except after a line of its own."""
        return "".join(text for _, text in self.pieces())

    def without(self, part: str) -> Prompt:
        """The same prompt with one part left out."""
        empty = {
            "papel": {"role": ""}, "instrução": {"instruction": ""}, "contexto": {"context": ""},
            "exemplos": {"examples": ()}, "deixa": {"cue": False},
        }  # fmt: skip
        return replace(self, **empty[part])

    def turned(self) -> Prompt:
        """The same examples from the last to the first."""
        return replace(self, examples=self.examples[::-1])

    def swapped(self) -> Prompt:
        """Each example with the answer of the next one: the same words, wrong pairs where they differ."""
        answers = [y for _, y in self.examples]
        wrong = answers[1:] + answers[:1]
        return replace(self, examples=tuple((x, y) for (x, _), y in zip(self.examples, wrong, strict=True)))


def variants(prompt: Prompt) -> dict[str, Prompt]:
    """The prompt as it is, without each part that it has, and with its examples turned and mixed up."""
    has = {part for part, _ in prompt.pieces()}
    found = {"como está": prompt}
    for part in ("papel", "instrução", "contexto", "exemplos", "deixa"):
        if part in has:
            found[f"sem {part}"] = prompt.without(part)
    if len(prompt.examples) > 1:
        found["exemplos de trás para a frente"] = prompt.turned()
        found["respostas dos exemplos trocadas"] = prompt.swapped()
    return found


# ---- written steps


def sums(seed: int, count: int, terms: int) -> list[list[int]]:
    """`count` sums of `terms` numbers from 1 to 9, the same in the page for the same seed."""
    drawn = [1 + int(9 * uniform(seed, step)) for step in range(count * terms)]
    return [drawn[i : i + terms] for i in range(0, len(drawn), terms)]


def addition(terms: Sequence[int]) -> str:
    """[3, 4, 2] -> '3 + 4 + 2'."""
    return " + ".join(str(term) for term in terms)


def partial_sums(terms: Sequence[int]) -> list[str]:
    """A sum of many terms as sums of two: [3, 4, 2] -> ['3 + 4 = 7', '7 + 2 = 9']."""
    total, found = terms[0], []
    for term in terms[1:]:
        found.append(f"{total} + {term} = {total + term}")
        total += term
    return found


def direct(terms: Sequence[int], solved: Sequence[Sequence[int]] = ()) -> str:
    """Asks for the result at once, after solved sums that show only theirs."""
    lines = [f"{addition(each)} = {sum(each)}" for each in solved]
    return "\n".join([*lines, f"{addition(terms)} ="])


def magic_words(terms: Sequence[int]) -> str:
    """Asks for steps by a sentence, and shows none (Kojima et al. 2022)."""
    return f"Pergunta: Quanto é {addition(terms)}?\nResposta: Vamos pensar passo a passo."


def with_steps(terms: Sequence[int], solved: Sequence[Sequence[int]]) -> str:
    """After solved sums that write one sum of two numbers a line (Wei et al. 2022); the last line counts."""
    blocks = ["\n".join([f"{addition(each)}:", *partial_sums(each)]) for each in solved]
    return "\n\n".join([*blocks, f"{addition(terms)}:\n"])


def laid_out(write: Callable[[str], str], terms: Sequence[int]) -> tuple[str, int | None]:
    """The program writes the steps, and the model only the result of each: (the whole text, the last result).

    write: a prompt -> what the model writes next. Each result, right or wrong, goes into the next step.
    """
    text, total = "", terms[0]
    for term in terms[1:]:
        text += f"{total} + {term} ="
        total = first_number(write(text))
        if total is None:
            return text, None
        text += f" {total}\n"
    return text.rstrip("\n"), total


def first_number(text: str) -> int | None:
    """The first whole number in a text, or None."""
    found = re.search(r"\d+", text)
    return int(found[0]) if found else None


def last_number(text: str) -> int | None:
    """The last whole number in a text, or None."""
    found = re.findall(r"\d+", text)
    return int(found[-1]) if found else None
