"""Compile llmlib/engine/kernels.c to kernels.wasm with PyPI's `ziglang` (clang and its linker).

Does: the compilation, byte for byte the same for one version of ziglang (pinned in requirements-dev.txt).
Does not: optimise for one browser; the file runs wherever WebAssembly has 128-bit SIMD.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ENGINE = Path(__file__).parents[1] / "llmlib" / "engine"
SOURCE, WASM = ENGINE / "kernels.c", ENGINE / "kernels.wasm"
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


def compile_kernels() -> bytes:
    """The bytes of kernels.wasm. Raises CalledProcessError, the compiler's words on stderr, if C is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        obj, wasm = Path(folder, "kernels.o"), Path(folder, "kernels.wasm")
        subprocess.run([*ZIG, *COMPILE, "-c", "-o", obj, SOURCE], check=True)
        subprocess.run([*ZIG, *LINK, "-o", wasm, obj], check=True)
        return wasm.read_bytes()


def main(argv: list[str] | None = None) -> int:
    """Write kernels.wasm, or with --check compare it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m builders.kernels", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the file there, write nothing")
    check = parser.parse_args(argv).check
    made = compile_kernels()
    same = WASM.exists() and WASM.read_bytes() == made
    if not check:
        WASM.write_bytes(made)
    elif not same:
        print(
            "kernels.wasm is not what kernels.c compiles to: run python -m builders.kernels", file=sys.stderr
        )
        return 1
    print(f"kernels.wasm: {len(made)} bytes, {'unchanged' if same else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
