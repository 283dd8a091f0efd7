"""The sentences of the chapter on words in context: one spelling, two senses, labelled.

    python -m builders.senses

Reads `data/tasks/sentidos/frases.txt`, written by hand; writes `train.jsonl`, `test.jsonl` and the README.md
beside it. One sentence a line: {palavra, tipo, sentido ("a" or "b"), nome (what that sense is called), lado
("antes" or "depois": where the words that decide stand; "" where both may), texto, inicio, fim}, the last two
being where the word stands in the text, in characters. It trains nothing and measures nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path

HOME = Path(__file__).resolve().parents[1] / "data" / "tasks" / "sentidos"
SIDES = {"<": "antes", ">": "depois", "": ""}
KINDS = {
    "nomes": "dois substantivos; metade das frases decide antes da palavra, metade depois",
    "classes": "um substantivo e um verbo; a palavra vizinha costuma decidir",
    "ausente": "como “nomes”, mas nos textos de treino dos modelos esta forma só tem o primeiro sentido",
}
MARKED = re.compile(r"\*(\w+)\*")


def read(text: str) -> list[dict]:
    """The sentences of `frases.txt`, each with `parte`. ValueError with the line that cannot be used."""
    rows: list[dict] = []
    word = kind = sense = side = None
    names: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("== "):
            word, kind, *both = (part.strip() for part in line[3:].split("|"))
            if kind not in KINDS or len(both) != 2:
                raise ValueError(f"frases.txt, linha {number}: palavra | tipo | sentido a | sentido b.")
            names, sense = dict(zip("ab", both, strict=True)), None
        elif line.startswith("-- "):
            sense, _, sign = line[3:].partition(" ")
            if word is None or sense not in names or sign.strip() not in SIDES:
                raise ValueError(f"frases.txt, linha {number}: “-- a <”, “-- a >” ou “-- a”.")
            side = SIDES[sign.strip()]
        else:
            held, marked = line.startswith("!"), line.lstrip("!").strip()
            found = MARKED.findall(marked)
            if sense is None or found != [word]:
                raise ValueError(f"frases.txt, linha {number}: falta *{word}*, uma vez, entre asteriscos.")
            start = marked.index("*")
            plain = marked.replace("*", "")
            if len(re.findall(rf"\b{word}\b", plain)) != 1:
                raise ValueError(f"frases.txt, linha {number}: “{word}” aparece mais de uma vez.")
            rows.append(
                {
                    "parte": "test" if held else "train",
                    "palavra": word,
                    "tipo": kind,
                    "sentido": sense,
                    "nome": names[sense],
                    "lado": side,
                    "texto": plain,
                    "inicio": start,
                    "fim": start + len(word),
                }
            )
    return rows


def sentences() -> list[dict]:
    """The committed sentences, with `parte`."""
    return read((HOME / "frases.txt").read_text("utf-8"))


def table(rows: list[dict]) -> str:
    """Each word, its two senses and how many sentences each has in train and test."""
    lines = ["| palavra | tipo | sentido a | sentido b | treino | prova |", "|---|---|---|---|--:|--:|"]
    for word in dict.fromkeys(row["palavra"] for row in rows):
        own = [row for row in rows if row["palavra"] == word]
        names = {row["sentido"]: row["nome"] for row in own}
        counts = [
            " + ".join(str(sum(r["parte"] == part and r["sentido"] == s for r in own)) for s in "ab")
            for part in ("train", "test")
        ]
        lines.append(f"| {word} | {own[0]['tipo']} | {names['a']} | {names['b']} | {' | '.join(counts)} |")
    return "\n".join(lines)


def files(rows: list[dict]) -> dict[str, str]:
    """name -> text of every file that this command writes."""
    made = {
        f"{part}.jsonl": "".join(
            json.dumps({k: v for k, v in row.items() if k != "parte"}, ensure_ascii=False) + "\n"
            for row in rows
            if row["parte"] == part
        )
        for part in ("train", "test")
    }
    words = len({row["palavra"] for row in rows})
    kinds = "\n".join(f"- `{kind}`: {what}." for kind, what in KINDS.items())
    hashes = "\n".join(
        f"- `{name}`: sha256 `{hashlib.sha256(text.encode()).hexdigest()}`" for name, text in made.items()
    )
    made["README.md"] = f"""# Uma grafia, dois sentidos

Frases escritas à mão para o capítulo “Palavras no contexto”: {words} palavras, dois sentidos de cada uma,
{len(rows)} frases. O arquivo que se edita é `frases.txt`, que explica a própria notação.

```bash
python -m builders.senses
```

Cada linha é `{{palavra, tipo, sentido, nome, lado, texto, inicio, fim}}`; `inicio` e `fim` são o lugar da
palavra no texto, em caracteres. `lado` diz onde estão as palavras que decidem o sentido: `antes` dela,
`depois` dela, ou vazio, onde não há um lado só. Um teste confere que nenhuma frase da prova repete a
construção de uma do treino.

{kinds}

As palavras dos dois primeiros tipos foram escolhidas por aparecerem nos dois sentidos nos textos de que os
modelos do curso aprenderam (`builders.corpus`). As frases não saíram de lá, e nenhuma foi gerada. Elas são
curtas e claras: um resultado nelas diz como camadas e modelos se comparam, e não quanto acertariam em textos
de verdade.

{table(rows)}

{hashes}

Licença: CC BY 4.0.
"""
    return made


def main(argv: list[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python -m builders.senses", description=__doc__.split("\n")[0]).parse_args(
        argv
    )
    rows = sentences()
    for name, text in files(rows).items():
        (HOME / name).write_text(text, "utf-8")
    print(f"{len(rows)} sentences of {len({row['palavra'] for row in rows})} words → {HOME}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
