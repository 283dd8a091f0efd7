"""Measure a generated corpus and write the figures into `data/corpus/README.md`.

    python -m builders.corpus.report --corpus build/corpus/texto --tokenizer FOLDER/tokenizer.json

replaces what stands between the markers of the README and touches nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from builders.corpus.lexicon import DATA
from builders.corpus.report.measure import ReportError, count
from builders.corpus.report.page import insert, render


def token_counter(path: Path) -> Callable[[list[str]], int]:
    """Tokens of a list of texts by a `tokenizer.json`."""
    from tokenizers import Tokenizer

    if not path.is_file():
        raise ReportError(f"{path} não existe: --tokenizer espera um arquivo tokenizer.json")
    tokenizer = Tokenizer.from_file(str(path))

    def tokens(texts: list[str]) -> int:
        return sum(
            len(encoding)
            for start in range(0, len(texts), 1000)
            for encoding in tokenizer.encode_batch_fast(texts[start : start + 1000], add_special_tokens=False)
        )

    return tokens


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m builders.corpus.report", description="Mede o corpus gerado e atualiza seu README."
    )
    p.add_argument("--corpus", type=Path, required=True, help="pasta com valid.jsonl e train-*.jsonl")
    p.add_argument("--tokenizer", type=Path, help="tokenizer.json, para contar tokens")
    p.add_argument("--readme", type=Path, default=DATA / "README.md", help="página que recebe os números")
    p.add_argument(
        "--sample", type=int, default=5000, help="textos comparados em busca de quase iguais (5000)"
    )
    return p


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    args = parser().parse_args(argv)
    try:
        tokens = token_counter(args.tokenizer) if args.tokenizer else None
        found = count(
            args.corpus, tokens, args.sample, lambda paths: tqdm(paths, desc="relatório", unit="arquivo")
        )
        if found.shared:
            raise ReportError(f"{found.shared} textos da validação estão também no treino: refaça o corpus")
        text = render(found, args.corpus)
        insert(args.readme, text)
    except ReportError as error:
        raise SystemExit(str(error)) from error
    print(text)


if __name__ == "__main__":
    main()
