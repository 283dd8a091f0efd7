"""Show the source of a function or class in a cell: the file that runs and is tested, never a copy.

The page gets highlighted HTML whose colours are the theme's (Pygments classes); a terminal gets plain text.
It does not run or format the code.
"""

import html


class Source:
    """The source of one object, with where it lives. Display it, or read `.code` and `.caption`."""

    def __init__(self, code: str, caption: str):
        self.code = code
        self.caption = caption

    def __repr__(self) -> str:
        return f"# {self.caption}\n{self.code}"

    def _repr_html_(self) -> str:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        lines = highlight(self.code, PythonLexer(), HtmlFormatter(nowrap=True))
        caption = html.escape(self.caption)
        return (
            f'<figure class="llm-source"><figcaption>{caption}</figcaption><div class="highlight">'
            f'<pre tabindex="0" aria-label="Código de {caption}">{lines}</pre></div></figure>'
        )


def source(obj: object) -> Source:
    """The real source of a function, method, class or module, to be shown in a cell.

    >>> from llmlib.scratch.sampling import top_p
    >>> source(top_p)
    # llmlib/scratch/sampling.py, linhas 93 a 108
    def top_p(logits: np.ndarray, p: float) -> np.ndarray:
        ...

    Raises: TypeError for what has no Python source (a built-in, a number).
    """
    import inspect
    import textwrap

    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(obj) if callable(obj) else obj)
    except (TypeError, OSError):
        raise TypeError(
            f"{obj!r} não tem código Python para mostrar: passe uma função, uma classe ou um módulo."
        ) from None
    module = inspect.getmodule(obj)
    where = "esta página" if module is None or module.__name__ == "__main__" else _path(module)
    code = textwrap.dedent("".join(lines)).rstrip("\n") + "\n"
    if inspect.ismodule(obj):
        return Source(code, where)
    return Source(code, f"{where}, linhas {first} a {first + len(lines) - 1}")


def _path(module: object) -> str:
    """llmlib.scratch.sampling -> llmlib/scratch/sampling.py, wherever the package is installed."""
    parts = module.__name__.split(".")
    if hasattr(module, "__path__"):
        parts.append("__init__")
    return "/".join(parts) + ".py"
