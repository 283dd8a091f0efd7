# ruff: noqa: E501
"""Tiny Python programs with what they print. Every output is made by running the program here.

The programs come from a dozen small grammars below: assignments, lists, texts, conditions, loops, functions.
One program in eight, by a hash of its source, is only in "valid". The output is a weighted span.
"""

import contextlib
import io
import random
import zlib
from collections.abc import Callable, Iterator

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.lexicon import lexicon

_BUILTINS = {"print": print, "len": len, "range": range, "sum": sum, "max": max, "min": min, "sorted": sorted,
             "str": str, "int": int, "abs": abs, "list": list}  # fmt: skip
_VARIABLES = ("x", "y", "n", "a", "b", "total", "soma", "pontos", "idade", "preco", "altura", "passos")
_LISTS = ("numeros", "notas", "lista", "valores", "pontos", "idades")
_FORMS = ("Código:\n{0}\nSaída:\n", "Programa:\n{0}\nO programa mostra:\n", "```python\n{0}\n```\nSaída:\n",
          "O que este programa mostra?\n{0}\nResposta:\n")  # fmt: skip
MARK = "Saída:\n"


def run(source: str) -> str:
    """What the program prints, without the last newline. Only for programs made here."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(source, "<snippet>", "exec"), {"__builtins__": _BUILTINS})
    return shown.getvalue().rstrip("\n")


def _number(rng: random.Random) -> int:
    return rng.randint(0, 12) if rng.random() < 0.8 else rng.randint(13, 40)


def _numbers(rng: random.Random) -> str:
    return str([_number(rng) for _ in range(rng.randint(2, 5))])


def _noun(rng: random.Random) -> str:
    while True:
        found = pick(lexicon().nouns, rng.random).word
        if found.isalpha() and len(found) < 9:
            return found


def _name(rng: random.Random) -> str:
    return pick(tuple(n.word for n in lexicon().names if n.kind == "pessoa" and not n.reserved), rng.random)


def _sum(rng: random.Random) -> str:
    v = rng.choice(_VARIABLES)
    return f"{v} = {_number(rng)}\n{v} = {v} {rng.choice('+-*')} {rng.randint(1, 9)}\nprint({v})"


def _two(rng: random.Random) -> str:
    v, w = rng.sample(_VARIABLES, 2)
    return f"{v} = {_number(rng)}\n{w} = {_number(rng)}\nprint({v} {rng.choice('+-*')} {w})"


def _swap(rng: random.Random) -> str:
    v, w = rng.sample(_VARIABLES, 2)
    return f"{v} = {_number(rng)}\n{w} = {v} + {rng.randint(1, 9)}\n{v} = {w}\nprint({v}, {w})"


def _list_of(rng: random.Random) -> str:
    v = rng.choice(_LISTS)
    what = rng.choice((f"len({v})", f"sum({v})", f"max({v})", f"min({v})", f"{v}[0]", f"{v}[1]", f"{v}[-1]",
                       f"sorted({v})"))  # fmt: skip
    return f"{v} = {_numbers(rng)}\nprint({what})"


def _append(rng: random.Random) -> str:
    v = rng.choice(_LISTS)
    return f"{v} = {_numbers(rng)}\n{v}.append({_number(rng)})\nprint({rng.choice((v, f'len({v})', f'{v}[-1]'))})"


def _text(rng: random.Random) -> str:
    v, noun = rng.choice(("palavra", "texto", "coisa", "bicho", "fala")), _noun(rng)
    what = rng.choice((f"{v}.upper()", f"len({v})", f"{v}[0]", f"{v} * 2", f"{v}[-1]", f"{v} + '!'"))
    return f"{v} = '{noun}'\nprint({what})"


def _greet(rng: random.Random) -> str:
    hello = rng.choice(("Oi, ", "Olá, ", "Bom dia, ", "Boa noite, ", "Até logo, "))
    return f"nome = '{_name(rng)}'\nprint('{hello}' + nome{rng.choice(('', chr(32) + '+ ' + repr('!')))})"


def _loop(rng: random.Random) -> str:
    start = rng.randint(0, 4)
    inside = rng.choice(("i", "i", "i * 2", "i + 1", "i * i"))
    return f"for i in range({start}, {start + rng.randint(2, 4)}):\n    print({inside})"


def _repeat(rng: random.Random) -> str:
    return f"for i in range({rng.randint(2, 4)}):\n    print('{_noun(rng)}')"


def _each(rng: random.Random) -> str:
    names = [_noun(rng) for _ in range(rng.randint(2, 3))]
    return f"for nome in {names}:\n    print({rng.choice(('nome', 'len(nome)', 'nome.upper()'))})"


def _total(rng: random.Random) -> str:
    return f"total = 0\nfor n in {_numbers(rng)}:\n    total = total + n\nprint(total)"


def _condition(rng: random.Random) -> str:
    v = rng.choice(_VARIABLES)
    yes, no = rng.choice(
        (("maior", "não é maior"), ("sim", "não"), ("pode entrar", "espere"), ("passou", "estude"))
    )
    return f"{v} = {_number(rng)}\nif {v} > {_number(rng)}:\n    print('{yes}')\nelse:\n    print('{no}')"


def _while(rng: random.Random) -> str:
    return f"n = {rng.randint(2, 5)}\nwhile n > {rng.randint(0, 1)}:\n    print(n)\n    n = n - 1\nprint('{_noun(rng)}')"


def _function(rng: random.Random) -> str:
    name, body = rng.choice((("dobro", "x * 2"), ("triplo", "x * 3"), ("metade", "x // 2"), ("proximo", "x + 1"),
                             ("anterior", "x - 1"), ("quadrado", "x * x")))  # fmt: skip
    return f"def {name}(x):\n    return {body}\n\nprint({name}({_number(rng)}))"


def _compare(rng: random.Random) -> str:
    return f"print({_number(rng)} {rng.choice(('==', '>', '<', '!='))} {_number(rng)})"


def _even(rng: random.Random) -> str:
    v = rng.choice(_VARIABLES)
    return f"{v} = {_number(rng)}\nif {v} % 2 == 0:\n    print('par')\nelse:\n    print('ímpar')"


def _dictionary(rng: random.Random) -> str:
    one, two = rng.sample(("maçã", "caju", "uva", "pera", "coco", "manga", "figo", "kiwi"), 2)
    return f"precos = {{'{one}': {_number(rng)}, '{two}': {_number(rng)}}}\nprint(precos['{rng.choice((one, two))}'])"


GRAMMARS: tuple[Callable[[random.Random], str], ...] = (
    _sum, _two, _swap, _list_of, _append, _text, _greet, _loop, _repeat, _each, _total, _condition, _while, _function,
    _compare, _even, _dictionary,
)  # fmt: skip


def is_held(source: str) -> bool:
    """True for a program of the validation split."""
    return zlib.crc32(source.encode()) % 8 == 0


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless programs; `split` is "train" or "valid"."""
    while True:
        source = pick(GRAMMARS, rng.random)(rng)
        if is_held(source) != (split == "valid"):
            continue
        opening, output = pick(_FORMS, rng.random).format(source), run(source)
        yield Document("codigo", opening + output, ((len(opening), len(opening) + len(output)),))
