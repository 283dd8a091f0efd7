"""A small bundled set of conversations, for cells that tune a model while the reader waits.

    python -m builders.conversations

Writes `data/tasks/conversas/train.jsonl`, `valid.jsonl` and their README.md: {kind, messages} a line, drawn
from `builders.corpus.instructions` (which says what is held out of "train"), each kind in its share. Short
ones only: what a chapter tunes in seconds. `mini-instruct` reads its own, far more (`builders.sft`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections import Counter
from pathlib import Path

from builders.corpus import instructions

ROOT = Path(__file__).resolve().parents[1]
SIZES = {"train": 480, "valid": 120}
LONGEST = 420  # letters of a conversation, so that several fit a short row
ABOUT = {
    "fato": "perguntas sobre fatos das tabelas",
    "recusa": "perguntas que só se respondem com “Não sei.”",
    "leitura": "perguntas sobre um contexto dado na mesma mensagem",
    "sem_resposta": "perguntas que o contexto não responde",
    "fonte": "perguntas sobre textos numerados, com a fonte na resposta",
    "documento": "perguntas sobre trechos de documentos, como uma busca os traz",
    "documento_sem": "as mesmas, quando nenhum trecho responde",
    "cidade": "a pergunta antes e depois do que uma busca acharia numa cidade inventada",
    "cidade_sem": "as mesmas, quando nenhum trecho responde",
    "padrao": "continuar um padrão",
    "copia": "repetir um texto",
    "lista": "listas de tantas coisas de um tipo",
    "vocabulario": "plurais, femininos, contrários",
    "conta": "contas pequenas",
    "classificacao": "dar um rótulo",
    "historia": "escrever uma história",
    "continuacao": "continuar uma história",
    "descricao": "descrever alguma coisa",
    "reescrita": "reescrever uma frase",
    "identidade": "quem é o modelo",
    "saudacao": "cumprimentos e agradecimentos",
    "dialogo": "vários turnos, o segundo depende do primeiro",
    "sistema": "uma ordem na mensagem de sistema",
}


def draw(split: str, count: int) -> list[dict]:
    """`count` different short conversations of a split, as plain data."""
    found: dict[str, dict] = {}
    for made in instructions.documents(random.Random(f"conversas/{split}"), split):
        messages = [dict(message) for message in made.messages]
        if sum(len(message["content"]) for message in messages) <= LONGEST:
            found.setdefault(json.dumps(messages), {"kind": made.kind, "messages": messages})
        if len(found) == count:
            return list(found.values())


def readme(rows: dict[str, list[dict]], digests: dict[str, str]) -> str:
    """What the folder's README says."""
    kinds = {split: Counter(row["kind"] for row in rows[split]) for split in rows}
    table = [f"| `{k}` | {a} | {kinds['train'][k]} | {kinds['valid'][k]} |" for k, a in ABOUT.items()]
    hashes = [f"- `{name}`: sha256 `{digest}`" for name, digest in digests.items()]
    return "\n".join(
        [
            "# Conversas com resposta certa",
            "",
            "Conversas curtas, geradas das tabelas do curso por `builders.corpus.instructions`, para as",
            "células que afinam um modelo em segundos. A última mensagem é sempre a do assistente.",
            "Licença: CC BY 4.0.",
            "",
            "```bash",
            "python -m builders.conversations",
            "```",
            "",
            "Em `valid` há nomes inventados com outras sílabas e jeitos de pedir que o treino não traz.",
            "",
            "| tipo | o que é | treino | validação |",
            "|---|---|--:|--:|",
            *table,
            "",
            *hashes,
            "",
        ]
    )


def write(out: Path, sizes: dict[str, int]) -> None:
    """Write both splits and the README."""
    out.mkdir(parents=True, exist_ok=True)
    rows = {split: draw(split, count) for split, count in sizes.items()}
    digests = {}
    for split, found in rows.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        (out / f"{split}.jsonl").write_text(text, "utf-8")
        digests[f"{split}.jsonl"] = hashlib.sha256(text.encode()).hexdigest()
    (out / "README.md").write_text(readme(rows, digests), "utf-8")


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.conversations", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "tasks" / "conversas")
    args = parser.parse_args(argv)
    write(args.out, SIZES)
    print(f"{args.out}: " + ", ".join(f"{count} {split}" for split, count in SIZES.items()))


if __name__ == "__main__":
    main()
