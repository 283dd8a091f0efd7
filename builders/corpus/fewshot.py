"""Tasks shown by examples, never explained or by one line only: "gato -> gatos", "flor -> flores", …

A document has one task in one layout and 0 to 6 solved items before the last. Every answer is marked but the
first one of a document without instruction: nothing before it tells the rule. The truth comes from the tables
(`facts`, `lexicon`, `morphology`) or from a rule on invented words.
Held out of "train": whole tasks (`HELD_OUT_TASKS`), whole layouts (`HELD_OUT_LAYOUTS`), and one item in
eight of every other task by a stable hash. `probes` draws measured prompts from them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from zlib import crc32

from builders.corpus import Document
from builders.corpus import facts as world
from builders.corpus.invented import cap, word
from builders.corpus.lexicon import Noun, lexicon
from builders.corpus.morphology import DETERMINERS, conjugate, contract, determiner, gerund

Item = tuple[str, str]
ITEMS_HELD_OUT = 12  # of 100, never in train as an item of this task
HELD_OUT_TASKS = ("masculino", "mes_seguinte", "sabor", "entre_parenteses", "trocar", "duas_vezes_e")
LABELLED = ("sentimento", "grupos")  # the examples choose what the labels are called
CATEGORIES = {
    "animal": "animal", "fruta": "fruta", "roupa": "roupa", "ferramenta": "ferramenta", "movel": "móvel",
    "brinquedo": "brinquedo", "veiculo": "veículo", "instrumento": "instrumento", "profissao": "profissão",
    "corpo": "parte do corpo", "flores": "flor", "bebida": "bebida",
}  # fmt: skip
# task: (relation of facts.py, title, order, each) with the last three as in Task
FROM_FACTS = {
    "antonimo": ("contrario", "Contrário", "o contrário", "o contrário de {x}"),
    "capital": ("capital", "Capital", "a capital", "a capital {dx}"),
    "lingua": ("lingua", "Língua", "a língua do país", "a língua {dx}"),
    "continente": ("continente", "Continente", "o continente do país", "o continente {dx}"),
    "gentilico": ("gentilico", "Gentílico", "o gentílico", "o gentílico {dx}"),
    "capital_do_estado": ("capital_estado", "Capital", "a capital do estado", "a capital {dx}"),
    "sigla": ("sigla", "Sigla", "a sigla do estado", "a sigla {dx}"),
    "regiao": ("regiao", "Região", "a região do estado", "a região {dx}"),
    "classe": ("classe", "Classe", "a classe do animal", "a classe {dx}"),
    "come": ("come_animal", "Comida", "o que o animal come", "a comida {dx}"),
    "cobertura": ("corpo", "Corpo", "o que cobre o corpo do animal", "a cobertura {dx}"),
    "cor": ("cor_fruta", "Cor", "a cor da fruta", "a cor {dx}"),
    "planta": ("planta_fruta", "Planta", "a planta que dá a fruta", "a planta {dx}"),
    "sabor": ("sabor", "Sabor", "o sabor da fruta", "o sabor de {x}"),
    "mes_seguinte": ("mes_depois", "Mês seguinte", "o mês seguinte", "o mês depois de {x}"),
}
RATED = (
    "o filme", "a comida", "o livro", "a festa", "o atendimento", "a viagem", "o jogo", "a aula", "o show",
    "a música", "o passeio", "o hotel", "a peça", "o brinquedo", "o bolo", "a exposição", "o aplicativo",
    "a loja", "o parque", "o almoço", "a praia", "o curso", "a pousada", "o campeonato",
)  # fmt: skip
GOOD = ["ótimo", "maravilhoso", "lindo", "divertido", "excelente", "incrível", "agradável", "perfeito"]
BAD = ["péssimo", "horrível", "chato", "ruim", "terrível", "cansativo", "feio", "desagradável"]
OPINIONS = (
    ("Adorei {s}.", "Detestei {s}."),
    ("Gostei muito {ds}.", "Não gostei {ds}."),
    ("Recomendo {s}.", "Não recomendo {s}."),
    ("Eu voltaria por causa {ds}.", "Eu não volto mais por causa {ds}."),
)
LABELS = (("positivo", "negativo"), ("bom", "ruim"), ("elogio", "reclamação"), ("gostou", "não gostou"))
# (before the input, between, after the output)
LAYOUTS = (
    ("Entrada: ", "\nSaída: ", "\n"),
    ("Entrada: ", "\nSaída: ", "\n\n"),
    ("Entrada: ", "\nResposta: ", "\n"),
    ("", " -> ", "\n"),
    ("", " → ", "\n"),
    ("- ", " → ", "\n"),
    ("", ": ", "\n"),
    ("- ", ": ", "\n"),
    ("", " = ", "\n"),
    ("", " – ", "\n"),
    ("", " | ", "\n"),
    ("", " -> ", ", "),
    ("", ": ", "; "),
    ("Pergunta: ", "\nResposta: ", "\n"),
    ("Pergunta: ", "\nResposta: ", "\n\n"),
    ("P: ", "\nR: ", "\n"),
    ("Palavra: ", "\nResposta: ", "\n"),
    ("Texto: ", "\nRótulo: ", "\n"),
    ("Exemplo: ", "\nResultado: ", "\n"),
)
HELD_OUT_LAYOUTS = (("", " => ", "\n"), ("De: ", "\nPara: ", "\n"), ("Item: ", "\nFica: ", "\n"))


@dataclass(frozen=True)
class Task:
    """A rule with its items: a fixed list, or `make(rng, split)`, which draws a rule and gives its maker.

    title: heads a list ("Plural:"); order: what is asked of each item; each: asks one item on its own line,
    {x} as it is or {dx} after "de", contracted with the article it has in `articles`.
    """

    name: str
    items: tuple[Item, ...] = ()
    make: Callable[[random.Random, str], Callable[[], Item]] | None = None
    title: str = ""
    order: str = ""
    each: str = ""
    articles: tuple[tuple[str, str], ...] = ()

    def ask(self, x: str) -> str:
        """What asks this item by itself."""
        article = dict(self.articles).get(x)
        return self.each.format(x=x, dx=contract("de", f"{article} {x}" if article else x))


def item_held_out(task: str, text: str) -> bool:
    """Whether this item of this task is only for measuring."""
    return crc32(f"exemplos|{task}|{text}".encode()) % 100 < ITEMS_HELD_OUT


def diminutive(noun: Noun) -> str | None:
    """The regular diminutive in -inho, -inha, or None where another one is usual."""
    text, ending = noun.word, noun.word[-1]
    plain = text.isascii() and text.isalpha() and len(text) > 3
    if not plain or ending != {"m": "o", "f": "a"}[noun.gender] or text[-2] in "aeiouh":
        return None
    stem = text[:-1]
    if stem[-1] in "cg":
        stem = stem[:-1] + {"c": "qu", "g": "gu"}[stem[-1]]
    return None if text.endswith(("inho", "inha")) else f"{stem}inh{ending}"


def _unique(pairs: list[Item]) -> tuple[Item, ...]:
    """Pairs whose input has only one output, and another word than the input."""
    outputs: dict[str, set[str]] = {}
    for x, y in pairs:
        outputs.setdefault(x, set()).add(y)
    return tuple((x, min(ys)) for x, ys in sorted(outputs.items()) if len(ys) == 1 and ys != {x})


def _from_facts(name: str, relation: str, texts: list[str]) -> Task:
    """A task whose items are the facts of a relation, without those that training may not ask."""
    found = [f for f in world.all_facts() if f.relation.name == relation]
    secret = {f.subject.text for f in found if world.held_out(f)}
    pairs = [(f.subject.text, f.value.text) for f in found]
    if name == "antonimo":
        secret |= {f.value.text for f in found if world.held_out(f)}
        pairs += [(y, x) for x, y in pairs]
    items = tuple(item for item in _unique(pairs) if item[0] not in secret)
    index = {"m": 0, "f": 1, "mp": 2, "fp": 3}
    articles = {f.subject.text: DETERMINERS["o"][index[f.subject.gender]] for f in found if f.subject.article}
    return Task(name, items, None, *texts, tuple(articles.items()))


def _table_tasks() -> Iterator[Task]:
    """Tasks whose items are facts or rows of the tables."""
    for name, (relation, *texts) in FROM_FACTS.items():
        yield _from_facts(name, relation, texts)
    trades = world.rows("profissoes.csv")
    woman = {r["faz"]: crc32(f"mundo|{r['faz']}".encode()) % 2 for r in trades}  # about half, of every sort
    work = [(r["faz"], r["feminino" if woman[r["faz"]] else "masculino"]) for r in trades]
    yield Task("quem_faz", _unique(work), None, "Quem faz", "quem faz o trabalho", "quem {x}")
    both = [(r["masculino"], "o", r["lugar"]) for r in trades] + [
        (r["feminino"], "a", r["lugar"]) for r in trades
    ]
    both = [row for row in both if sum(other[0] == row[0] for other in both) == 1]
    where = _unique([(x, y) for x, _, y in both])
    articles = tuple((x, article) for x, article, _ in both)
    each = "o lugar de trabalho {dx}"
    yield Task("onde_trabalha", where, None, "Onde trabalha", "onde trabalha", each, articles)
    digits = [(str(i), name) for i, name in enumerate(world.NUMBERS)]
    yield Task("por_extenso", tuple(digits), None, "Por extenso", "o número por extenso", "{x} por extenso")
    pairs = [(str(i), str(i + 1)) for i in range(100)]
    yield Task("seguinte", tuple(pairs), None, "Número seguinte", "o número seguinte", "depois de {x}")
    pairs = [(str(i), str(2 * i)) for i in range(1, 31)]
    yield Task("dobro", tuple(pairs), None, "Dobro", "o dobro", "o dobro de {x}")
    sums = [(f"{a} + {b}", str(a + b)) for a in range(1, 20) for b in range(1, 20) if a + b <= 20]
    yield Task("soma", tuple(sums), None, "Soma", "o resultado da soma", "quanto é {x}")


def _word_tasks() -> Iterator[Task]:
    """Tasks of morphology, spelling and meaning on the words of the lexicon."""
    lex = lexicon()
    nouns = [n for n in lex.nouns if "-" not in n.word and " " not in n.word]
    twice = {n.word for n in nouns if sum(o.word == n.word for o in nouns) > 1}
    nouns = [n for n in nouns if n.word not in twice]
    adjectives = [a for a in lex.adjectives if " " not in a.forms[0]]

    def task(name: str, pairs: list[Item], title: str, order: str, each: str) -> Task:
        return Task(name, _unique(pairs), None, title, order, each)

    yield task("plural", [(n.word, n.plural) for n in nouns], "Plural", "o plural", "o plural de {x}")
    couples = world.rows("palavras.csv")
    female = [(r["palavra"], r["valor"]) for r in couples if r["relacao"] == "feminino"]
    female += [(a.forms[0], a.forms[1]) for a in adjectives]
    female += [(r["masculino"], r["feminino"]) for r in world.rows("profissoes.csv")]
    yield task("feminino", female, "Feminino", "o feminino", "o feminino de {x}")
    yield task("masculino", [(y, x) for x, y in female], "Masculino", "o masculino", "o masculino de {x}")
    plurals = [(a.forms[0], a.forms[2]) for a in adjectives]
    yield task("plural_do_adjetivo", plurals, "Plural", "o plural", "o plural de {x}")
    small = [(n.word, d) for n in nouns if (d := diminutive(n)) and n.classes & {"animal", "objeto", "fruta"}]
    yield task("diminutivo", small, "Diminutivo", "o diminutivo", "o diminutivo de {x}")
    kinds = [
        (n.word, label) for n in nouns for kind, label in CATEGORIES.items() if kind in n.classes
    ]  # words of two categories fall out in _unique
    yield task("categoria", kinds, "Categoria", "a categoria", "a categoria de {x}")
    with_article = [(n.word, f"{determiner('o', n.gender)} {n.word}") for n in nouns]
    yield task("artigo", with_article, "Com artigo", "a palavra com o artigo", "{x} com artigo")
    two = [(n.word, f"{determiner('dois', n.gender)} {n.plural}") for n in nouns]
    yield task("dois", two, "Dois de cada", "dois de cada", "dois de {x}")
    genders = [(n.word, {"m": "masculino", "f": "feminino"}[n.gender]) for n in nouns]
    yield task("genero", genders, "Gênero", "o gênero da palavra", "o gênero de {x}")
    people = [n for n in lex.names if n.kind == "pessoa"]
    pronouns = [(n.word, {"m": "ele", "f": "ela"}[n.gender]) for n in people]
    yield task("pronome", pronouns, "Pronome", "o pronome", "o pronome de {x}")
    verbs = [v for v in lex.verbs if " " not in v]
    past = [(v, conjugate(v, "perfeito")) for v in verbs]
    yield task("passado", past, "Passado", "o verbo no passado", "o passado de {x}")
    yield task("gerundio", [(v, gerund(v)) for v in verbs], "Gerúndio", "o gerúndio", "o gerúndio de {x}")
    plain = [n.word for n in nouns if n.word.isalpha()]
    first = [(w, w[0]) for w in plain]
    yield task("primeira_letra", first, "Primeira letra", "a primeira letra", "a primeira letra de {x}")
    last = [(w, w[-1]) for w in plain]
    yield task("ultima_letra", last, "Última letra", "a última letra", "a última letra de {x}")
    count = [(w, str(len(w))) for w in plain if len(w) < 8]
    yield task("letras", count, "Número de letras", "quantas letras tem", "quantas letras tem {x}")
    upper = [(w, w.upper()) for w in plain if len(w) < 6]
    yield task("maiusculas", upper, "Em maiúsculas", "a palavra em maiúsculas", "{x} em maiúsculas")


def _anything(rng: random.Random, split: str) -> str:
    """A single word, half of the time an invented one."""
    made = word(rng, split) if rng.random() < 0.5 else rng.choice(lexicon().nouns).word
    return made.split(" ")[0]


def _pattern(change: Callable[..., str], words: int = 1, drawn: bool = False) -> Callable:
    """A maker of items from `words` words of any kind; `drawn`: the rule also has a word of its own."""

    def make(rng: random.Random, split: str) -> Callable[[], Item]:
        own = [_anything(rng, split)] if drawn else []

        def item() -> Item:
            given = [_anything(rng, split) for _ in range(words)]
            return " ".join(given), change(*own, *given)

        return item

    return make


def _opinions(rng: random.Random, split: str) -> Callable[[], Item]:
    """Short reviews with two labels, the same pair in the whole document."""
    labels = rng.choice(LABELS)

    def item() -> Item:
        while True:
            which, about = rng.randrange(2), rng.choice(RATED)
            if rng.random() < 0.6:
                adjective = rng.choice((GOOD, BAD)[which])
                ending = adjective[:-1] + "a" if about[0] == "a" and adjective[-1] == "o" else adjective
                text = rng.choice(("{s} foi {a}.", "achei {s} {a}.", "{s} estava {a}.")).format(
                    s=about, a=ending
                )
            else:
                text = rng.choice(OPINIONS)[which].format(s=about, ds="d" + about)
            if item_held_out("sentimento", text) == (split == "valid"):
                return cap(text), labels[which]

    return item


def _groups(rng: random.Random, split: str) -> Callable[[], Item]:
    """Two categories under labels that mean nothing: only the examples tell which is which."""
    kinds = rng.sample(sorted(set(CATEGORIES) - {"bebida"}), 2)
    labels = rng.choice((("A", "B"), ("1", "2"), ("sim", "não"), (word(rng, split), word(rng, split))))
    members = [[x for x, label in tasks()["categoria"].items if label == CATEGORIES[kind]] for kind in kinds]

    def item() -> Item:
        which = rng.randrange(2)
        allowed = [x for x in members[which] if split == "valid" or not item_held_out("grupos", x)]
        return rng.choice(allowed), labels[which]

    return item


def _rules() -> Iterator[Task]:
    """Tasks that no table tells: they hold in the examples alone."""
    yield Task(
        "repetir", (), _pattern(lambda x: f"{x} {x}"), "Duas vezes", "a palavra duas vezes", "repita {x}"
    )
    yield Task("copiar", (), _pattern(lambda x: x))
    yield Task("entre_aspas", (), _pattern(lambda x: f"“{x}”"))
    yield Task("entre_parenteses", (), _pattern(lambda x: f"({x})"))
    yield Task("com_maiuscula", (), _pattern(cap))
    yield Task("antes", (), _pattern(lambda own, x: f"{own} {x}", drawn=True))
    yield Task("depois", (), _pattern(lambda own, x: f"{x} {own}", drawn=True))
    yield Task("no_meio", (), _pattern(lambda own, x, y: f"{x} {own} {y}", 2, True))
    yield Task("sempre", (), _pattern(lambda own, x: own, drawn=True))
    yield Task("trocar", (), _pattern(lambda x, y: f"{y} {x}", 2))
    yield Task("primeira_de_duas", (), _pattern(lambda x, y: x, 2))
    yield Task("ultima_de_duas", (), _pattern(lambda x, y: y, 2))
    yield Task("primeira_de_tres", (), _pattern(lambda x, y, z: x, 3))
    yield Task("ultima_de_tres", (), _pattern(lambda x, y, z: z, 3))
    yield Task("com_virgula", (), _pattern(lambda x, y: f"{x}, {y}", 2))
    yield Task("com_e", (), _pattern(lambda x, y: f"{x} e {y}", 2))
    yield Task("duas_vezes_e", (), _pattern(lambda x: f"{x} e {x}"))
    yield Task("repetir_o_fim", (), _pattern(lambda x, y: f"{x} {y} {y}", 2))
    yield Task("sentimento", (), _opinions, "Opinião", "se a opinião é boa ou ruim")
    yield Task("grupos", (), _groups)


@lru_cache(maxsize=1)
def tasks() -> dict[str, Task]:
    """Every task by name."""
    return {task.name: task for maker in (_table_tasks, _word_tasks, _rules) for task in maker()}


@cache
def _split_items(name: str, held: bool) -> tuple[Item, ...]:
    whole = name in HELD_OUT_TASKS
    return tuple(i for i in tasks()[name].items if whole or item_held_out(name, i[0]) == held)


def draw(rng: random.Random, split: str, name: str, count: int) -> list[Item]:
    """`count` items of a task with different inputs. In "valid" the last one is held out of train."""
    task = tasks()[name]
    found: dict[str, str] = {}
    if task.make:
        item = task.make(rng, split)
        while len(found) < count:
            found.setdefault(*item())
        return list(found.items())
    last = rng.choice(_split_items(name, True)) if split == "valid" else None
    pool = [i for i in _split_items(name, False) if i != last]
    chosen = rng.sample(pool, min(len(pool), count - bool(last)))
    return [*chosen, last] if last else chosen


def render(
    items: list[Item], layout: tuple[str, str, str], head: str = ""
) -> tuple[str, list[tuple[int, int]]]:
    """The text of a document and the spans of its outputs."""
    before, between, after = layout
    text, spans = head, []
    for x, y in items:
        text += before + (x if between[0] == "\n" else x.rstrip(".")) + between
        spans.append((len(text), len(text) + len(y)))
        text += y + after
    return text.rstrip("\n,; "), spans


def instruction(rng: random.Random, task: Task) -> str:
    """A line that tells the rule."""
    lines = (
        f"{task.title}:\n",
        f"Diga {task.order}.\n",
        f"Responda com {task.order}.\n",
        f"Escreva {task.order}:\n",
    )
    if task.order.startswith(("quem", "quant", "onde", "se ")) or task.order.startswith("o que"):
        lines = (f"{task.title}:\n", f"Diga {task.order}.\n")
    return rng.choice(lines)


def asked(rng: random.Random, task: Task, items: list[Item]) -> Document:
    """Every line asks its item in full ("O plural de gato: gatos"): nothing needs to be shown."""
    begin = ""
    if not task.each.startswith(("quem", "quant", "onde")):
        begin = "como fica " if task.each.startswith("{x}") else "qual é "
    if rng.random() < 0.5 and not task.each.startswith("repita"):
        lines, form = (
            [(cap(begin + task.ask(x)), y) for x, y in items],
            ("Pergunta: ", "?\nResposta: ", ".\n"),
        )
    else:
        lines, form = [(cap(task.ask(x)), y) for x, y in items], ("", rng.choice((": ", " = ")), "\n")
    text, spans = render(lines, form)
    return Document("exemplos", text, tuple(spans))


def _marked(task: Task, items: list[Item], spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The outputs that the examples before them tell."""
    if task.name in LABELLED:  # a label can be told only once it has been seen
        labels = [y for _, y in items]
        return tuple(span for i, span in enumerate(spans) if labels[i] in labels[:i])
    return tuple(spans[1:])


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless documents, one task each."""
    names = [name for name in tasks() if split == "valid" or name not in HELD_OUT_TASKS]
    layouts = LAYOUTS + HELD_OUT_LAYOUTS * (split == "valid")
    while True:
        task = tasks()[rng.choice(names)]
        items = draw(rng, split, task.name, rng.choice((1, 2, 3, 4, 5, 5, 6, 6, 7)))
        kind = rng.random()
        if task.each and kind < 0.12:
            yield asked(rng, task, items[:4])
            continue
        told = bool(task.title) and (kind < 0.3 or len(items) == 1)
        if len(items) == 1 and not told:
            continue  # one item alone teaches nothing
        fitting = [form for form in layouts if form[2][0] == "\n"] if task.make else layouts
        text, spans = render(items, rng.choice(fitting), instruction(rng, task) if told else "")
        whole = told and task.name not in LABELLED
        yield Document("exemplos", text, tuple(spans) if whole else _marked(task, items, spans))


def probes(task: str, shots: int, n: int, seed: int, held_out_layout: bool = False) -> list[Item]:
    """`n` (prompt, answer) pairs of unseen items after `shots` solved ones, with no instruction.

    The same seed gives the same last items and layouts for every number of shots, so that the difference is
    the examples' alone. The answer begins with a space, or the prompt ends without one.
    """
    found = []
    for i in range(n):
        rng = random.Random(f"exemplos/{task}/{seed}/{i}")
        items = draw(rng, "valid", task, 7)
        options = [form for form in (HELD_OUT_LAYOUTS if held_out_layout else LAYOUTS) if form[2] == "\n"]
        layout = rng.choice(options)
        text, spans = render([*items[:-1][:shots], items[-1]], layout)
        start, end = spans[-1]
        found.append((text[: start - 1], text[start - 1 : end]))
    return found
