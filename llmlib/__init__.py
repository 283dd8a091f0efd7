"""LLMs por Dentro: the library of the course.

`from llmlib import load, corpus, source` is all a chapter needs to begin. Importing the package is cheap: each
name brings its module (and torch, where it needs it) at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlib.data import corpus
    from llmlib.models import load
    from llmlib.source import source

__all__ = ["corpus", "load", "source"]

_HOMES = {"load": "llmlib.models", "corpus": "llmlib.data", "source": "llmlib.source"}


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"llmlib não tem “{name}”; tem {', '.join(sorted(_HOMES))}.")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # from now on an ordinary attribute, also over the submodule of the same name
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
