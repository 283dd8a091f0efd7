"""The engine of the page as one text: what a Worker made from a Blob, or node in the tests, runs.

Does: join the scripts and the kernel, leaving comments and indentation out. Does not: run anything.
"""

import base64
import re
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = ("tokenizer.js", "sampling.js", "model.js", "worker.js")
KERNEL = "kernels.wasm"
TRAIN_SCRIPTS = ("train.js", "lesson.js")  # attached after the others, only where something trains
TRAIN_KERNEL = "train.wasm"
PIECES = {  # added to a running engine, where a question or a model needs them
    "trace": ("trace.js",),
    "weights": ("weights.js",),
    "embed": ("embed.js",),
    "search": ("search.js", "hops.js"),
    "rerank": ("rerank.js",),
    "words": ("word2vec.js",),
    "encoder": ("blocks.js", "encoder.js"),
    "seq2seq": ("blocks.js", "seq2seq.js"),
    "permutation": ("blocks.js", "permutation.js"),
}


def strip(script: str) -> str:
    """`script` without comments and indentation. The engine's rule: ` // ` occurs in comments only."""
    lines = (re.sub(r"(^|\s)// .*$", "", line).strip() for line in script.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def source() -> str:
    """The whole text: the kernel in base64 as LLM.wasm, then the scripts."""
    return f'"use strict";\n(globalThis.LLM ??= {{}}).wasm = "{_base64(KERNEL)}";\n{_joined(SCRIPTS)}'


def train_source() -> str:
    """What a worker that trains runs after `source()`: LLM.trainWasm, and the scripts of training."""
    return f'LLM.trainWasm = "{_base64(TRAIN_KERNEL)}";\n{{\n{_joined(TRAIN_SCRIPTS)}}}\n'


def piece(name: str) -> str:
    """What a running engine is sent as `{piece}`: the body of a function of `LLM` and `engine`."""
    return f'"use strict";\n{_joined(PIECES[name])}'


def size() -> int:
    """Bytes shipped to a reader: the scripts as `source` has them, and the kernel."""
    return len(_joined(SCRIPTS).encode()) + (HERE / KERNEL).stat().st_size


def train_size() -> int:
    """Bytes that a page with training ships besides."""
    return len(_joined(TRAIN_SCRIPTS).encode()) + (HERE / TRAIN_KERNEL).stat().st_size


def _base64(name: str) -> str:
    return base64.b64encode((HERE / name).read_bytes()).decode()


def _joined(names: tuple[str, ...]) -> str:
    return "".join(strip((HERE / name).read_text("utf-8")) for name in names)
