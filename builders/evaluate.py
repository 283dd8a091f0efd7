"""Measure a base model: what it predicts, how it writes, what it reads, copies and knows.

    python -m builders.evaluate data/models/mini-base

Everything is measured on text that was never trained on, by sampling as the page does (same seeds, same
text). Writes `evaluation.json` into the model's folder and prints it; `builders.card` makes the card of it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from pathlib import Path

import torch
from tqdm import tqdm

from builders import page
from builders.corpus import agreement, probes, questions
from builders.pretrain import induction
from llmlib import load
from llmlib.measure import share

PROMPTS = (
    "Era uma vez, um unicórnio",
    "O gato estava dormindo no sofá enquanto o cachorro",
    "Qual é a capital do Brasil?",
)
SEEDS = 20
TEMPERATURE = 0.7
SENTENCES = 200
PROBES = 200
SENTENCE = re.compile(r"[^.!?…]+[.!?…]+[”\"]?")


def proportion(hits: int, total: int) -> dict:
    """{hits, total, value, low, high}: a share with its 95 % interval."""
    value, low, high = share(hits, total)
    return {"hits": hits, "total": total, "value": value, "low": low, "high": high}


def losses(lm: object, documents: list[dict]) -> dict[str, dict]:
    """By kind of text: mean loss a token (nats), perplexity, and how many texts and tokens."""
    by_kind = defaultdict(lambda: [0.0, 0, 0])
    for document in tqdm(documents, desc="losses", leave=False):
        ids = torch.tensor([[0, *lm.tokenizer(document["text"])["input_ids"]][: lm.context]])
        with torch.no_grad():
            logits = lm.model(ids).logits[0, :-1]
        entry = by_kind[document["kind"]]
        entry[0] += torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum").item()
        entry[1] += ids.shape[1] - 1
        entry[2] += 1
    by_kind["todos"] = [sum(e[i] for e in by_kind.values()) for i in range(3)]
    return {
        kind: {"loss": total / tokens, "perplexity": 2.718281828459045 ** (total / tokens), "texts": texts}
        for kind, (total, tokens, texts) in sorted(by_kind.items())
    }


def continuations(lm: object) -> list[dict]:
    """The three prompts of the first page, SEEDS times each: 40 tokens and their agreement errors."""
    made = []
    for prompt in PROMPTS:
        for seed in tqdm(range(SEEDS), desc=prompt[:20], leave=False):
            text = lm.generate(prompt, max_new_tokens=40, temperature=TEMPERATURE, seed=seed)
            errors = [e.words for e in agreement.check(prompt + text)]
            made.append({"prompt": prompt, "seed": seed, "text": text, "errors": errors})
    return made


def sentences_with_errors(texts: list[str], most: int) -> dict:
    """Over the first `most` whole sentences: agreement errors, and how many sentences have one."""
    seen = broken = errors = 0
    examples = []
    for text in texts:
        for sentence in SENTENCE.findall(text):
            if seen == most:
                break
            found = agreement.check(sentence.strip())
            seen, broken, errors = seen + 1, broken + bool(found), errors + len(found)
            examples += [{"words": e.words, "sentence": sentence.strip()} for e in found]
    return {"sentences": seen, "broken": broken, "errors": errors, "examples": examples}


def agreement_errors(lm: object, documents: list[dict]) -> dict:
    """Errors in sentences the model writes after the first words of unseen stories and scenes.

    `corpus` is the same count on the unseen texts themselves: what the checker reports on right text.
    """
    prose = [d["text"] for d in documents if d["kind"] in ("historia", "descricao", "dialogo")]
    written, count = [], 0
    for seed, text in enumerate(tqdm(prose, desc="agreement", leave=False)):
        if count >= SENTENCES:
            break
        start = " ".join(text.split()[:4])
        written.append(start + lm.generate(start, max_new_tokens=80, temperature=TEMPERATURE, seed=seed))
        count += len(SENTENCE.findall(written[-1]))
    return {
        "model": sentences_with_errors(written, SENTENCES),
        "corpus": sentences_with_errors(prose, SENTENCES),
    }


def questions_continued(lm: object, count: int = 100) -> dict:
    """Share of bare questions after which the model's next sentence is another question."""
    source, asked, hits = questions.documents(random.Random("avaliação"), "valid"), set(), 0
    while len(asked) < count:
        question = re.search(r"[A-ZÀ-Ü][^.!?]*\?", next(source).text).group()
        asked.add(question)
    for seed, question in enumerate(tqdm(sorted(asked), desc="questions", leave=False)):
        text = lm.generate(question, max_new_tokens=40, temperature=TEMPERATURE, seed=seed)
        end = re.search(r"[.!?]", re.sub(r"^\s*\d+\.", "", text))  # "2." numbers the next question
        hits += bool(end) and end.group() == "?"
    return proportion(hits, count)


def answered(lm: object, pairs: list[tuple[str, str]], name: str) -> dict:
    """Share of probes whose answer is what the model writes, choosing always the likeliest token."""
    hits = 0
    for prompt, answer in tqdm(pairs, desc=name, leave=False):
        room = len(lm.tokenizer(answer)["input_ids"]) + 3
        text = lm.generate(prompt, max_new_tokens=room, temperature=0)
        hits += text.strip().startswith(answer.strip())
    return proportion(hits, len(pairs))


def evaluate(folder: Path, sample: Path) -> dict:
    """All measures of the model in `folder`."""
    lm = load(f"{folder.resolve()}")
    rows = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    documents = [row for row in rows if row["split"] == "valid"]
    result = {
        "losses": losses(lm, documents),
        "int8": page.cost(folder, [d["text"] for d in documents[:300]]),
        "induction": induction(lm.model, lm.model.config.vocab_size, samples=32),
        "agreement": agreement_errors(lm, documents),
        "questions": questions_continued(lm),
        "probes": {},
    }
    for kind in ("trained", "held_out"):
        pairs = probes.reading(PROBES, 0, kind)
        result["probes"][f"reading_{kind}"] = answered(lm, pairs, f"reading {kind}")
    result["probes"]["unanswerable"] = answered(lm, probes.unanswerable(PROBES, 0), "unanswerable")
    result["probes"]["copying"] = answered(lm, probes.copying(PROBES, 0), "copying")
    for kind in ("seen", "stated", "held_out"):
        result["probes"][f"facts_{kind}"] = answered(lm, probes.facts(PROBES, 0, kind), f"facts {kind}")
    result["continuations"] = continuations(lm)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="model folder, for example data/models/mini-base")
    parser.add_argument("--sample", type=Path, default=Path("data/corpus/amostra.jsonl"), help="unseen texts")
    args = parser.parse_args()
    torch.set_num_threads(1)
    result = evaluate(args.folder, args.sample)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    (args.folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in result.items() if k != "continuations"}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
