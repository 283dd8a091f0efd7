"""The film reviews of the chapter on transfer learning: generated from tables that a person can extend.

    python -m builders.reviews

Reads `data/tasks/resenhas/*.csv` and `moldes.txt`; writes `train.jsonl`, `valid.jsonl`, `test.jsonl` and the
README.md beside them. One review a line: {texto, rotulo (1: liked it, 0: did not), nivel, voz, grupo}.

A template takes no side: the same one serves praise and blame, and only the words drawn for it decide. What
the test holds out is marked in the tables: templates, openings and signs with `*`, titles and words with
`prova`. A test review has new templates throughout, and words of one of three groups:

    vistas    words of the training reviews
    parentes  words that no training review has, but that the pre-training corpus uses in opinions
    novas     words of neither

Levels: direta (words that say it), negacao (a word of the other side, negated), mista (both sides, with a
verdict), indireta (facts that tell it, no word that does). No irony. It trains nothing.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from builders.corpus import fewshot
from builders.corpus.instructions import words as instructed

HOME = Path(__file__).resolve().parents[1] / "data" / "tasks" / "resenhas"
LEVELS = ("direta", "negacao", "mista", "indireta")
GROUPS = ("vistas", "parentes", "novas")
SHARE = {"direta": 0.6, "negacao": 0.1, "mista": 0.2, "indireta": 0.1}  # of the reviews of a split
SIZES = {"train": 500, "valid": 60}  # of each label
TEST = {
    "direta": (40, 20, 20),
    "negacao": (10, 5, 5),
    "mista": (15, 8, 8),
    "indireta": (15,),
}  # label × group
DEGREES = ("muito", "bem", "bastante")
OPEN, CLOSE = 0.15, 0.1  # share of reviews with a sentence before, after
SLOT = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True)
class Tables:
    """What the files say. Rows are dicts as in the CSV; templates are (held out?, voice or "", text)."""

    adjectives: list[dict]
    verbs: list[dict]
    parts: list[dict]
    titles: list[dict]
    templates: dict[str, list[tuple[bool, str, str]]]


@cache
def tables() -> Tables:
    """The tables, read once. Raises ValueError with the file and the line for one that cannot be used."""

    def rows(name: str) -> list[dict]:
        with (HOME / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    templates: dict[str, list[tuple[bool, str, str]]] = {}
    section = ""
    for number, raw in enumerate((HOME / "moldes.txt").read_text("utf-8").splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if line.startswith("== "):
            section = line[3:]
        elif line and not section:
            raise ValueError(f"moldes.txt, linha {number}: um molde antes da primeira seção.")
        elif line:
            voice, text = line.split(":", 1) if section in ("abertura", "fecho") else ("", line)
            held = voice.endswith("*") or text.startswith("*")
            entry = (held, voice.strip(" *"), text.lstrip("* ").strip())
            templates.setdefault(section, []).append(entry)
    return Tables(rows("palavras"), rows("verbos"), rows("partes"), rows("titulos"), templates)


@cache
def read_before() -> frozenset[str]:
    """Every word of the opinions that the pre-training corpus and the instructions are made of."""
    said = [*fewshot.GOOD, *fewshot.BAD, *(t for pair in fewshot.OPINIONS for t in pair)]
    said += [t for side in (instructed.GOOD, instructed.BAD) for texts in side.values() for t in texts]
    said += [*instructed.LOVED, *instructed.HATED]
    return frozenset(re.findall(r"[\w-]+", " ".join(said).lower()))


def group(row: dict) -> str:
    """Which group a word or verb belongs to."""
    if row["parte"] == "treino":
        return "vistas"
    first = re.sub(r"^(me|não) ", "", row.get("masculino") or row["frase"]).split()[0]
    return "parentes" if first in read_before() else "novas"


def said(noun: dict, how: str) -> str:
    """A noun with its article: f "o filme", d "do filme", n "filme", um "um filme"."""
    a = noun["artigo"]
    before = {"f": a + " ", "d": f"d{a} ", "n": "", "um": ("um " if a == "o" else "uma ")}[how]
    return before + noun["nome"]


@dataclass
class Review:
    """One review on its way: what its slots stand for."""

    rng: random.Random
    side: str  # "+" or "-"
    words: str  # group of words: one of GROUPS
    held: bool  # templates of the test?
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        t = tables()
        films = [p for p in t.parts if p["tipo"] == "filme"]
        x, y = self.rng.sample([p for p in t.parts if p["tipo"] != "filme"], 2)
        self.nouns = {"f": self.rng.choice(films), "x": x, "y": y}
        held = "prova" if self.held else "treino"
        self.title = self.rng.choice([r for r in t.titles if r["parte"] == held])

    def adjective(self, name: str, other: bool, negated: bool = False, degree: bool = False) -> str:
        side = {"+": "-", "-": "+"}[self.side] if other else self.side
        noun = self.nouns.get(name)
        kind = noun["tipo"] if noun else "filme"
        fits = [
            r
            for r in tables().adjectives
            if r["polo"] == side and group(r) == self.words and kind in r["serve"].split()
            and not (negated and r["nega"] == "nao") and r["masculino"] not in self.used
        ]  # fmt: skip
        row = self.rng.choice(fits)  # IndexError where the tables are too small: `make` draws again
        self.used.add(row["masculino"])
        word = row["feminino" if noun and noun["artigo"] == "a" else "masculino"]
        return f"{self.rng.choice(DEGREES)} {word}" if degree and row["grau"] == "sim" else word

    def verb(self, name: str, other: bool) -> str:
        side = {"+": "-", "-": "+"}[self.side] if other else self.side
        kind = self.nouns[name]["tipo"]
        fits = [
            r
            for r in tables().verbs
            if r["polo"] == side and group(r) == self.words and r["serve"] in ("tudo", kind)
            and not (other and r["nega"] == "nao") and r["frase"] not in self.used
        ]  # fmt: skip
        row = self.rng.choice(fits)
        self.used.add(row["frase"])
        noun = self.nouns[name]
        return row["frase"].replace("{x}", said(noun, "f")).replace("{d:x}", said(noun, "d"))

    def sign(self, other: bool) -> str:
        side = {"+": "-", "-": "+"}[self.side] if other else self.side
        fits = [t for held, _, t in tables().templates[f"sinal {side}"] if held == self.held]
        text = self.rng.choice([t for t in fits if t not in self.used])
        self.used.add(text)
        return text

    def slot(self, name: str) -> str:
        if name in ("t", "s"):
            return f"“{self.title['titulo']}”" if name == "t" else self.title["assunto"]
        if name.startswith(("sinal", "outro")):
            text = self.sign(name.startswith("outro"))
            return text[0].lower() + text[1:] if name.endswith(":b") else text
        if name.startswith("C+"):
            return cap(self.adjective(name[2:], False))
        if name[:2] in ("++", "--"):
            return self.adjective(name[2:], name[0] == "-", degree=True)
        if name[0] in "+-":
            return self.adjective(name[1:], name[0] == "-")
        if name.lower().startswith(("v:", "!v:")):
            text = self.verb(name[-1], name[0] == "!")
            return cap(text) if name[0] == "V" else text
        if name[0] == "!":
            return self.adjective(name[1:], True, negated=True)
        how, _, which = name.rpartition(":")
        text = said(self.nouns[which.lower()], how.lower() or "f")
        return cap(text) if name[0].isupper() else text

    def text(self, level: str) -> tuple[str, str]:
        """(text, voice)."""
        t = tables().templates
        pick = lambda section: self.rng.choice([e for e in t[section] if e[0] == self.held])  # noqa: E731
        _, voice, opening = pick("abertura")
        core = pick(level)[2]
        closings = [e for e in t["fecho"] if e[0] == self.held and e[1] == voice]
        parts = [opening] if self.rng.random() < OPEN else []
        parts.append(core)
        if closings and self.rng.random() < CLOSE:
            parts.append(self.rng.choice(closings)[2])
        return SLOT.sub(lambda m: self.slot(m[1]), " ".join(parts)), voice


def cap(text: str) -> str:
    return text[0].upper() + text[1:]


def make(rng: random.Random, level: str, label: int, words: str, held: bool) -> dict:
    """One review, as the file has it."""
    while True:
        try:
            text, voice = Review(rng, "-+"[label], words, held).text(level)
        except IndexError:  # no word left that fits these nouns
            continue
        return {"texto": text, "rotulo": label, "nivel": level, "voz": voice,
                "grupo": "frases" if level == "indireta" else words}  # fmt: skip


def several(rng: random.Random, n: int, taken: set[str], *how: object) -> Iterator[dict]:
    """`n` reviews whose texts nobody has."""
    tries = 0
    while n:
        tries += 1
        if tries > 20_000:
            raise ValueError(f"as tabelas não dão {n} resenhas a mais de {how}: acrescente linhas.")
        row = make(rng, *how)
        if row["texto"] not in taken:
            taken.add(row["texto"])
            n -= 1
            yield row


def draw(split: str) -> list[dict]:
    """All reviews of a split, in an order that mixes levels and labels; labels and levels balanced."""
    rng, taken = random.Random(f"resenhas/{split}"), set()
    if split == "valid":  # the same templates and words as the training: what is tuned must not see the test
        taken = {row["texto"] for row in draw("train")}
    rows: list[dict] = []
    for level in LEVELS:
        for label in (0, 1):
            if split == "test":
                for words, n in zip(GROUPS, TEST[level], strict=False):
                    rows += several(rng, n, taken, level, label, words, True)
            else:
                rows += several(rng, round(SIZES[split] * SHARE[level]), taken, level, label, "vistas", False)
    rng.shuffle(rows)
    return rows


ABOUT = """# Resenhas de filmes, geradas

Resenhas curtas, geradas por `builders.reviews` das tabelas desta pasta, para o capítulo “Transfer learning
e fine-tuning”. **Ninguém as escreveu**: filmes, vozes e opiniões são inventados, e nenhuma tem ironia. Um
resultado nelas diz como as maneiras de treinar se comparam entre si, e não quanto acertariam em resenhas de
verdade.

```bash
python -m builders.reviews
```

Cada linha é `{texto, rotulo, nivel, voz, grupo}`; `rotulo` 1: gostou, 0: não gostou.

- `nivel`: `direta` (palavras que dizem), `negacao` (uma palavra do outro lado, negada), `mista` (os dois
  lados e um veredito), `indireta` (fatos que dizem, sem palavra que diga).
- `grupo`, só na prova: `vistas` (as palavras do treino), `parentes` (palavras que nenhuma resenha de treino
  tem, mas que o pré-treinamento leu em opiniões), `novas` (nem uma coisa nem outra), `frases` (as indiretas,
  com frases que o treino não tem).
- A prova tem moldes, aberturas, títulos e frases indiretas que o treino não tem. Os moldes não têm lado: o
  mesmo serve aos dois rótulos.

Para aumentar: uma linha em `palavras.csv`, `verbos.csv`, `partes.csv`, `titulos.csv` ou `moldes.txt` (que
explica a própria notação), e o comando acima.

| parte | resenhas | níveis |
|---|--:|---|
"""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.reviews", description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HOME, help="folder to write to (data/tasks/resenhas)")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    readme, hashes = ABOUT, []
    for split in ("train", "valid", "test"):
        rows = draw(split)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (out / f"{split}.jsonl").write_text(text, encoding="utf-8")
        counts = ", ".join(f"{level} {sum(r['nivel'] == level for r in rows)}" for level in LEVELS)
        readme += f"| `{split}` | {len(rows)} | {counts} |\n"
        hashes.append(f"- `{split}.jsonl`: sha256 `{hashlib.sha256(text.encode()).hexdigest()}`")
    readme += "\n" + "\n".join(hashes) + "\n\nLicença: CC BY 4.0.\n"
    (out / "README.md").write_text(readme, encoding="utf-8")
    print(readme[readme.index("| parte") :])


if __name__ == "__main__":
    main()
