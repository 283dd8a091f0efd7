"""The messages of the chapter on sentence vectors: hand-written wordings with drawn places and times.

    python -m builders.messages

Reads `pedidos.txt`, `detalhes.txt` and `fora.txt` of `data/tasks/recados`; writes `train.jsonl`,
`test.jsonl`, `fora.jsonl` and the README.md beside them. One message a line: {texto, assunto, pedido,
grupo}.

What the test holds out is wordings: of a request that the training has too (`vistas`), the others of its six
wordings; of a request marked `*` (`novas`), all. Places and times serve every subject alike, so that they
tell nothing about it and count as words in common that mean nothing. It trains nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

HOME = Path(__file__).resolve().parents[1] / "data" / "tasks" / "recados"
KEPT = 3  # wordings of a request that go to the training; the others are held out
WORDINGS = 6
SLOT = re.compile(r"\{(\w+)\}")


def lines(name: str) -> Iterable[tuple[int, str]]:
    """Lines of a table with their numbers, without comments and empty lines."""
    for number, raw in enumerate((HOME / name).read_text("utf-8").splitlines(), 1):
        if (line := raw.strip()) and not line.startswith("#"):
            yield number, line


@cache
def details() -> dict[str, list[str]]:
    """What each slot may become."""
    found: dict[str, list[str]] = {}
    for number, line in lines("detalhes.txt"):
        if line.startswith("== "):
            chosen = found.setdefault(line[3:], [])
        elif not found:
            raise ValueError(f"detalhes.txt, linha {number}: um detalhe antes da primeira seção.")
        else:
            chosen.append(line)
    return found


@cache
def subjects() -> dict[str, str]:
    """Subject -> its name, in the order of the table."""
    heads = (line[3:].split("|") for _, line in lines("pedidos.txt") if line.startswith("== "))
    return {key.strip(): name.strip() for key, name in heads}


def fill(wording: str) -> str:
    """A wording with its slots filled: what is drawn depends on the wording alone."""
    rng = random.Random(hashlib.sha256(wording.encode()).hexdigest())

    def one(match: re.Match) -> str:
        if match[1] not in details():
            raise ValueError(f"Não há um detalhe chamado {match[1]} em detalhes.txt: “{wording}”.")
        return rng.choice(details()[match[1]])

    return SLOT.sub(one, wording)


def messages() -> dict[str, list[dict]]:
    """{"train": rows, "test": rows} from the table; ValueError with the line for one that cannot be used."""
    made: dict[str, list[dict]] = {"train": [], "test": []}
    subject = request = ""
    held, seen = False, 0
    for number, line in lines("pedidos.txt"):
        if line[:2] in ("==", "- ", "* ") and request and seen != WORDINGS:
            raise ValueError(
                f"pedidos.txt, antes da linha {number}: “{request}” tem {seen} jeitos, não {WORDINGS}."
            )
        if line.startswith("== "):
            subject, request = line[3:].split("|")[0].strip(), ""
        elif line[:2] in ("- ", "* "):
            request, held, seen = line[2:].strip(), line[0] == "*", 0
        elif not (subject and request):
            raise ValueError(f"pedidos.txt, linha {number}: um jeito antes do seu assunto e do seu pedido.")
        else:
            split = "test" if held or seen >= KEPT else "train"
            group = "novas" if held else "vistas" if split == "test" else "treino"
            row = {"texto": fill(line), "assunto": subject, "pedido": request, "grupo": group}
            made[split].append(row)
            seen += 1
    return made


def strangers() -> list[dict]:
    """Texts that are no message to a town hall: {texto, grupo: "perto" or "longe"}."""
    found: list[dict] = []
    group = ""
    for _, line in lines("fora.txt"):
        if line.startswith("== "):
            group = line[3:]
        else:
            found.append({"texto": line, "grupo": group})
    return found


def readme(files: dict[str, list[dict]], texts: dict[str, str]) -> str:
    """The README.md of the folder."""
    count = {part: Counter(row["assunto"] for row in files[part]) for part in ("train", "test")}
    table = "\n".join(
        f"| {name} | {count['train'][key]} | {count['test'][key]} |" for key, name in subjects().items()
    )
    total = len(files["train"]) + len(files["test"])
    groups = Counter(r["grupo"] for r in files["test"])
    hashes = "\n".join(
        f"- `{name}.jsonl` ({len(files[name])} linhas): sha256 `{hashlib.sha256(text.encode()).hexdigest()}`"
        for name, text in texts.items()
    )
    return f"""# Recados à prefeitura de uma cidade que não existe

Recados curtos de moradores de Caxinduba, cidade inventada, para o capítulo “Vetores para frases”. Os
{total} jeitos de pedir foram escritos à mão; o lugar e o tempo de cada um são sorteados por
`builders.messages`. Nenhum é de uma pessoa de verdade, e nenhum modelo do curso treinou com eles.

```bash
python -m builders.messages
```

Cada linha é `{{texto, assunto, pedido, grupo}}`. Um **pedido** (“lâmpada queimada”) tem {WORDINGS} jeitos,
com poucas palavras em comum; um **assunto** (“iluminação”) tem seis pedidos. Os lugares e os tempos são os
mesmos em todos os assuntos: são palavras em comum que nada dizem.

| assunto | treino | teste |
|---|--:|--:|
{table}

- `grupo`, no teste: `vistas` ({groups["vistas"]}), outros jeitos de fazer um pedido que o treino tem; `novas`
  ({groups["novas"]}), pedidos de que o treino não tem nenhum jeito.
- `fora.jsonl`: textos que não são recados, para a procura de intrusos; `perto` é gente escrevendo a alguém
  sobre outra coisa, `longe` é texto de outro tipo.

Para aumentar: um pedido em `pedidos.txt` (que explica a própria notação) ou um lugar em `detalhes.txt`, e o
comando acima.

{hashes}

Licença: CC BY 4.0.
"""


def main(arguments: list[str] | None = None) -> None:
    """Write the files of the folder."""
    argparse.ArgumentParser(
        prog="python -m builders.messages", description=__doc__.split("\n")[0]
    ).parse_args(arguments)
    files = messages() | {"fora": strangers()}
    texts = {
        name: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        for name, rows in files.items()
    }
    for name, text in texts.items():
        (HOME / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (HOME / "README.md").write_text(readme(files, texts), encoding="utf-8")
    print(", ".join(f"{name}: {len(rows)}" for name, rows in files.items()))


if __name__ == "__main__":
    main()
