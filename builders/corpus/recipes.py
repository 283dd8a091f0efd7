# ruff: noqa: E501
"""Simple recipes: servings, ingredients with quantities, steps that use exactly these ingredients.

`data/corpus/receitas.txt` holds one block a dish:

    == bolo | fatia f fatias | 8       name; what it yields (singular, gender, plural); how many
    = Bolo de {-:b}                    a wording of the title
    a 2 xícara farinha de trigo,f      ingredient: letter, quantity, unit, options apart by ";": noun,gender[,plural]
    b 3 - banana,f,bananas             unit "-": counted, and then the plural is needed
    ?c 1 colher_de_chá canela,f        left out half of the time; a step that mentions it goes with it
    > Misture {a} com {os:b}.          a step, in the template language

The quantities and the yield are multiplied by 1, 2 or 3 together. Every ingredient must be used in a step.
One combination of dish, options and cook in twelve is only in "valid".
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.lexicon import DATA, LexiconError, Noun
from builders.corpus.templates import Render, compile_line, plots, polish
from builders.corpus.townsfolk import held, join, setting, tell, word

_PLURAL_UNITS = {
    "xícara": "xícaras", "copo": "copos", "colher_de_sopa": "colheres de sopa", "dente": "dentes",
    "colher_de_chá": "colheres de chá", "pitada": "pitadas", "lata": "latas", "fatia": "fatias",
    "punhado": "punhados", "litro": "litros", "folha": "folhas", "maço": "maços", "pacote": "pacotes",
}  # fmt: skip
_PREPARED = re.compile(
    r" (?:ralad|picad|amassad|cozid|moíd|desfiad)[oa]s?\b| em pó\b"
)  # no matter for a title
_USED = re.compile(r"\{(?:[^{}]*:)?([a-z])\}")


@dataclass(frozen=True)
class Ingredient:
    letter: str
    amount: int
    unit: str
    options: tuple[Noun, ...]
    optional: bool

    def line(self, choice: Noun, factor: int) -> str:
        """ "2 xícaras de açúcar", "3 ovos"."""
        amount = self.amount * factor
        if self.unit == "-":
            return f"{amount} {choice.plural}"
        unit = self.unit.replace("_", " ") if amount == 1 else _PLURAL_UNITS[self.unit]
        return f"{amount} {unit} de {choice.word}"


@dataclass(frozen=True)
class Dish:
    name: str
    yields: Noun
    count: int
    titles: tuple[Render, ...]
    ingredients: tuple[Ingredient, ...]
    steps: tuple[tuple[frozenset[str], Render], ...]  # letters used, wording


def _ingredient(line: str, where: str) -> Ingredient:
    optional = line.startswith("?")
    letter, amount, unit, rest = [*line.lstrip("?").split(" ", 3), "", "", ""][:4]
    if len(letter) != 1 or not amount.isdigit() or not rest:
        raise LexiconError(f"{where}: an ingredient is 'letter quantity unit noun,gender[,plural]'")
    if unit != "-" and unit not in _PLURAL_UNITS:
        raise LexiconError(f"{where}: unknown unit '{unit}'")
    options = []
    for option in rest.split(";"):
        noun, gender, plural = ([cell.strip() for cell in option.split(",")] + ["", ""])[:3]
        if gender not in ("m", "f"):
            raise LexiconError(f"{where}: unknown gender '{gender}' of '{noun}', use m or f")
        if unit == "-" and (not plural or int(amount) < 2):
            raise LexiconError(f"{where}: '{noun}' is counted, so it needs a plural and at least 2")
        options.append(word(noun, gender, plural))
    return Ingredient(letter, int(amount), unit, tuple(options), optional)


def load_dishes(path: Path = DATA / "receitas.txt") -> tuple[Dish, ...]:
    """Every dish of the file; errors name the line."""
    dishes: list[tuple[str, dict]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where, line = f"{path.name}, line {number}", line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("== "):
            cells = [cell.strip() for cell in line[3:].split("|")]
            if len(cells) != 3 or len(cells[1].split()) != 3 or not cells[2].isdigit():
                raise LexiconError(f"{where}: expected '== name | noun gender plural | number'")
            if any(block["name"] == cells[0] for _, block in dishes):
                raise LexiconError(f"{where}: '{cells[0]}' is already in the file")
            block = {"name": cells[0], "yields": word(*cells[1].split()), "count": int(cells[2])}
            dishes.append((where, block | {"titles": [], "ingredients": [], "steps": []}))
        elif not dishes:
            raise LexiconError(f"{where}: text before the first dish")
        elif line.startswith("= "):
            dishes[-1][1]["titles"].append(compile_line(line[2:], where))
        elif line.startswith("> "):
            step = line[2:]
            dishes[-1][1]["steps"].append((frozenset(_USED.findall(step)), compile_line(step, where)))
        else:
            dishes[-1][1]["ingredients"].append(_ingredient(line, where))
    made = []
    for where, block in dishes:
        listed = {i.letter for i in block["ingredients"]}
        used = frozenset().union(*(letters for letters, _ in block["steps"]))
        if listed != used or len(listed) != len(block["ingredients"]):
            odd = ", ".join(sorted(listed ^ used)) or "a letter used twice"
            raise LexiconError(f"{where}: '{block['name']}': ingredients and steps do not match ({odd})")
        if not block["titles"]:
            raise LexiconError(f"{where}: '{block['name']}' has no title")
        made.append(Dish(**{k: tuple(v) if isinstance(v, list) else v for k, v in block.items()}))
    return tuple(made)


@cache
def dishes() -> tuple[Dish, ...]:
    """The dishes of the committed table."""
    return load_dishes()


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless recipes; `split` is "train" or "valid"."""
    forms = plots("receitas")
    while True:
        dish, words, factor = pick(dishes(), rng.random), setting(split, rng), rng.randint(1, 3)
        chosen = [
            (i, pick(i.options, rng.random)) for i in dish.ingredients if not i.optional or rng.random() < 0.5
        ]
        names = [noun.word for _, noun in chosen]
        if len(set(names)) < len(names):
            continue
        if held("receita", dish.name, *names, words["A"].word) != (split == "valid"):
            continue
        context = {**words, "seen": set(), "last": None, **{i.letter: noun for i, noun in chosen}}
        title = polish(pick(dish.titles, rng.random)(context, rng.random).strip())
        steps = []
        for letters, wording in dish.steps:
            if all(letter in context for letter in letters):
                context["last"] = None
                steps.append(polish(wording(context, rng.random).strip()))
        mark, numbered = pick(("- ", "", "• "), rng.random), rng.random() < 0.6
        how = "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1)) if numbered else " ".join(steps)
        count = dish.count * factor
        words |= {
            "T": word(_PREPARED.sub("", title)),
            "Y": word(f"{count} {dish.yields.word if count == 1 else dish.yields.plural}"),
            "I": word("\n".join(mark + i.line(noun, factor) for i, noun in chosen)),
            "X": word(how),
        }
        yield Document("receita", join(tell(pick(forms, rng.random), split, rng, words)))
