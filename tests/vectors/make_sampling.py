"""Make tests/vectors/sampling.json: cases that the Python and the JavaScript sampling must both reproduce.

Run `python tests/vectors/make_sampling.py` after a change of the rules. A test makes the vectors again and
compares, so the file can never be older than the code.

Format:
- `uniform` [{seed, step, u}]
- `rules` [{logits, prompt, generated, sampling, probs, step, chosen}]: `probs` rounded to 12 decimals
- `loops` [{table, tokens, prompt, sampling, stop, eos, context, max_new_tokens, ids, text, reason}]: the
  logits after token t are `table[t]`; `text` joins the strings of the generated ids, token 0 left out, cut
  where the first stop sequence begins
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from llmlib.scratch.sampling import Sampling, draw, find_stop, generate, probabilities, uniform

PATH = Path(__file__).with_name("sampling.json")

RULES = [
    {},
    {"temperature": 0},
    {"temperature": 0.7, "seed": 1},
    {"temperature": 2.5, "seed": 2},
    {"top_k": 1},
    {"top_k": 5, "seed": 3},
    {"top_k": 1000, "seed": 4},
    {"top_p": 0.9, "seed": 5},
    {"top_p": 0.05, "seed": 6},
    {"min_p": 0.1, "seed": 7},
    {"min_p": 1, "seed": 8},
    {"repetition_penalty": 1.3, "seed": 9},
    {"repetition_penalty": 0.8, "seed": 10},
    {"frequency_penalty": 0.5, "seed": 11},
    {"presence_penalty": 1.5, "seed": 12},
    {"frequency_penalty": -0.5, "presence_penalty": -0.25, "seed": 13},
    {"temperature": 0, "repetition_penalty": 1.5, "frequency_penalty": 2.0, "seed": 14},
    {"temperature": 0.8, "top_k": 9, "top_p": 0.85, "min_p": 0.02, "seed": 15},
    {"top_p": 0, "seed": 16},
    {"temperature": 1e-9, "seed": 17},
    {"temperature": 100, "top_p": 0.999, "seed": -3},
    {"frequency_penalty": 2, "presence_penalty": 2, "repetition_penalty": 5, "seed": 18},
    {"frequency_penalty": -2, "presence_penalty": -2, "repetition_penalty": 0.2, "seed": 19},
    {
        "temperature": 1.4,
        "top_k": 20,
        "top_p": 0.95,
        "min_p": 0.01,
        "repetition_penalty": 1.1,
        "frequency_penalty": 0.3,
        "presence_penalty": 0.2,
        "seed": 4294967295,
    },
]

TOKENS = ["<|endoftext|>", "a", "ca", "sa", " é", " bo", "ni", "ta", ".", "\n", " coração", "ção", "!"]


def rule_cases() -> list[dict]:
    random = np.random.default_rng(7)
    cases = []
    for number, rule in enumerate(RULES):
        for vocabulary, decimals in ((37, 4), (11, 0)):  # with 0 decimals there are ties
            logits = np.round(random.normal(0, 3, vocabulary), decimals) + 0.0
            prompt = random.integers(0, vocabulary, 6).tolist()
            generated = random.integers(0, vocabulary, number % 5).tolist()
            sampling = Sampling(**rule)
            probs = probabilities(logits, sampling, prompt, generated)
            cases.append(
                {
                    "logits": logits.tolist(),
                    "prompt": prompt,
                    "generated": generated,
                    "sampling": asdict(sampling),
                    "probs": np.round(probs, 12).tolist(),
                    "step": len(generated),
                    "chosen": draw(probs, uniform(sampling.seed, len(generated))),
                }
            )
    return cases


def loop_cases() -> list[dict]:
    random = np.random.default_rng(11)
    table = np.round(random.normal(0, 1.5, (len(TOKENS), len(TOKENS))), 3)
    cases = []
    for rule, stop, eos, context in (
        ({"temperature": 0}, [], [], None),
        ({"seed": 1}, [], [0], None),
        ({"seed": 2, "temperature": 1.2}, ["."], [], None),
        ({"seed": 3}, ["abo", "nita"], [0], None),
        ({"seed": 4}, ["o c", "é b", "açã"], [], None),
        ({"seed": 5, "top_k": 4, "frequency_penalty": 0.7}, ["!", ""], [0], 12),
        ({"seed": 6, "temperature": 3}, ["nunca"], [], 9),
        ({"seed": 7, "temperature": 1.5}, ["\n", ""], [], None),
        ({"seed": 8, "min_p": 0.1, "presence_penalty": -1}, ["!\n", "ção!"], [0], None),
    ):
        prompt = [0, 2, 3]
        sampling = Sampling(**rule)
        decode = lambda ids: "".join(TOKENS[i] for i in ids if i != 0)  # noqa: E731
        steps = list(
            generate(
                lambda ids: table[ids[-1]],
                prompt,
                sampling,
                max_new_tokens=25,
                context=context,
                eos=eos,
                stop=stop,
                decode=decode,
            )
        )
        ids = [step.id for step in steps]
        text = decode(ids)
        cases.append(
            {
                "table": table.tolist(),
                "tokens": TOKENS,
                "prompt": prompt,
                "sampling": asdict(sampling),
                "stop": stop,
                "eos": eos,
                "context": context,
                "max_new_tokens": 25,
                "ids": ids,
                "text": text[: find_stop(text, stop)],
                "reason": steps[-1].reason,
            }
        )
    return cases


def vectors() -> dict:
    """All the cases, as plain JSON data."""
    pairs = [(0, 0), (0, 1), (1, 0), (42, 7), (2**31, 99), (2**32 - 1, 12345)]
    return {
        "uniform": [{"seed": seed, "step": step, "u": uniform(seed, step)} for seed, step in pairs],
        "rules": rule_cases(),
        "loops": loop_cases(),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes")
