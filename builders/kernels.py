"""Compile the C of llmlib/engine to WebAssembly with PyPI's `ziglang` (clang and its linker).

Does: the compilation, byte for byte the same for one version of ziglang (pinned in requirements-dev.txt).
Does not: optimise for one browser; the files run wherever WebAssembly has 128-bit SIMD.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ENGINE = Path(__file__).parents[1] / "llmlib" / "engine"
NAMES = ("kernels", "train")
ZIG = [sys.executable, "-m", "ziglang"]
# -Os: the loops that matter are unrolled by pragma, the rest stays small; vectorisers would only add code.
COMPILE = [
    "cc",
    "-target",
    "wasm32-freestanding",
    "-mcpu=generic+simd128+bulk_memory",
    "-Os",
    "-Wall",
    "-Werror",
]
COMPILE += ["-ffreestanding", "-fno-builtin", "-fno-vectorize", "-fno-slp-vectorize"]
# --stack-first: page 0 is the stack, everything above it belongs to JavaScript.
LINK = ["wasm-ld", "--no-entry", "--import-memory", "--strip-all", "--stack-first", "-z", "stack-size=4096"]


def wasm(name: str) -> Path:
    """Where the compiled file of one of NAMES is."""
    return ENGINE / f"{name}.wasm"


def compile_kernels(name: str = "kernels") -> bytes:
    """The bytes of <name>.wasm. Raises CalledProcessError, the compiler's words on stderr, if C is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        obj, linked = Path(folder, "kernels.o"), Path(folder, "kernels.wasm")
        subprocess.run([*ZIG, *COMPILE, "-c", "-o", obj, ENGINE / f"{name}.c"], check=True)
        subprocess.run([*ZIG, *LINK, "-o", linked, obj], check=True)
        return linked.read_bytes()


def main(argv: list[str] | None = None) -> int:
    """Write the .wasm files, or with --check compare them; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m builders.kernels", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the files there, write nothing")
    check, status = parser.parse_args(argv).check, 0
    for name in NAMES:
        made, file = compile_kernels(name), wasm(name)
        same = file.exists() and file.read_bytes() == made
        if not check:
            file.write_bytes(made)
        elif not same:
            print(
                f"{name}.wasm is not what {name}.c compiles to: run python -m builders.kernels",
                file=sys.stderr,
            )
            status = 1
            continue
        print(f"{name}.wasm: {len(made)} bytes, {'unchanged' if same else 'written'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
