"""Train the tokenizer of the course's models: byte-level BPE of 3,072 tokens.

    python -m builders.tokenizer --corpus build/corpus/texto --out build/tokenizer

Every text has an encoding and comes back unchanged: there is no normaliser and the 256 bytes are tokens.
Text is cut by PATTERN before any merge, so no token crosses two words, and each digit stands alone. The
same pattern runs in Rust here and in JavaScript in the page.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from builders.shards import read

# Optional sign or space + letters | one digit | punctuation | line breaks | spaces.
PATTERN = (
    r"[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"]  # ids 0, 1, 2, 3
VOCABULARY = 3072
CONTEXT = 512


def train_tokenizer(texts: Iterable[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """A byte-level BPE tokenizer learned from `texts`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def wrap(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """The same tokenizer as transformers opens it."""
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|pad|>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def sample(folders: list[Path], characters: int, seed: int = 0) -> Iterator[str]:
    """Texts drawn from the training shards of all folders, about `characters` in all."""
    rng = random.Random(seed)
    for folder in folders:
        shards = sorted(folder.glob("train-*.jsonl"))
        rng.shuffle(shards)
        left = characters // len(folders)
        for document in (d for shard in shards for d in read(shard)):
            if left <= 0:
                break
            left -= len(document.text)
            yield document.text


def tokens_per_word(tokenizer: Tokenizer, texts: Iterable[str]) -> float:
    """Mean number of tokens of a word (what stands between spaces), punctuation included."""
    texts = list(texts)
    words = sum(len(text.split()) for text in texts)
    return sum(len(e.ids) for e in tokenizer.encode_batch(texts)) / words


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.tokenizer", description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, nargs="+", default=[Path("build/corpus/texto")],
                        help="folders with train-*.jsonl")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("build/tokenizer"), help="folder to write")
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    parser.add_argument("--characters", type=int, default=12_000_000, help="how much text to learn from")
    args = parser.parse_args()
    missing = [str(folder) for folder in args.corpus if not list(folder.glob("train-*.jsonl"))]
    if missing:
        parser.error(f"no train-*.jsonl in {', '.join(missing)}: run python -m builders.corpus first")
    print(f"Learning {args.vocabulary} tokens from {args.characters:,} characters")
    tokenizer = train_tokenizer(sample(args.corpus, args.characters), args.vocabulary)
    wrap(tokenizer).save_pretrained(args.out)
    for folder in args.corpus:
        if (folder / "valid.jsonl").exists():
            texts = [document.text for document in read(folder / "valid.jsonl")]
            print(f"{folder.name}: {tokens_per_word(tokenizer, texts):.2f} tokens per word (validation)")
    print(f"Saved in {args.out}")


if __name__ == "__main__":
    main()
