"""LLMs por Dentro: the library of the course.

`from llmlib import load, corpus, source` is all a chapter needs to begin. Importing the package is cheap: a
name brings its module, and with it torch where that is needed, at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

# At once, and not lazily: the module has the function's name, and would take its place if imported later.
from llmlib.source import source

if TYPE_CHECKING:
    from llmlib.data import corpus
    from llmlib.models import load

__all__ = ["corpus", "load", "source"]

_HOMES = {"corpus": "llmlib.data", "load": "llmlib.models"}


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"llmlib não tem “{name}”; tem {', '.join(__all__)}.")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
