"""The engine of the page as one text: what a Worker made from a Blob, or node in the tests, runs.

Does: join the scripts and the kernel, leaving comments and indentation out. Does not: run anything.
"""

import base64
import re
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = ("tokenizer.js", "sampling.js", "model.js", "worker.js")
KERNEL = "kernels.wasm"


def strip(script: str) -> str:
    """`script` without comments and indentation. The engine's rule: ` // ` occurs in comments only."""
    lines = (re.sub(r"(^|\s)// .*$", "", line).strip() for line in script.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def source() -> str:
    """The whole text: the kernel in base64 as LLM.wasm, then the scripts."""
    wasm = base64.b64encode((HERE / KERNEL).read_bytes()).decode()
    scripts = "".join(strip((HERE / name).read_text("utf-8")) for name in SCRIPTS)
    return f'"use strict";\n(globalThis.LLM ??= {{}}).wasm = "{wasm}";\n{scripts}'


def size() -> int:
    """Bytes shipped to a reader: the scripts as `source` has them, and the kernel."""
    scripts = sum(len(strip((HERE / name).read_text("utf-8")).encode()) for name in SCRIPTS)
    return scripts + (HERE / KERNEL).stat().st_size
