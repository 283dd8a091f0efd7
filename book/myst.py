"""MyST blocks as plain Markdown, for notebooks: directives become what Jupyter and Colab can show.

Knows the directives and roles that the chapters use, and refuses any other by name, so that none reaches a
notebook as raw markup. Does not read notebooks or references: `notebooks` does, and passes a `Page`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

FENCE = re.compile(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|:{3,}|~{3,})(?:\{(?P<name>[\w:.-]+)\}(?P<arg>.*)|(?P<info>.*))$"
)
ROLE = re.compile(r"\{(?P<name>[a-z]+(?::[a-z]+)*)\}`(?P<text>[^`]+)`")
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
TITLED = re.compile(r"^(?P<title>.*?)\s*<(?P<target>[^>]+)>$", re.S)
TARGET = re.compile(r"^\(([\w:-]+)\)=\s*$")

ADMONITIONS = {
    "note": "Nota", "tip": "Dica", "hint": "Dica", "important": "Importante", "warning": "Atenção",
    "caution": "Cuidado", "attention": "Atenção", "danger": "Perigo", "seealso": "Veja também",
    "admonition": "", "margin": "", "sidebar": "", "topic": "",
}  # fmt: skip
CARDS = {"grid-item-card", "card", "tab-item"}
TRANSPARENT = {"grid", "grid-item", "tab-set", "div", "container", "rst-class", "card-carousel"}
DROPPED = {
    "raw",
    "contents",
    "toctree",
    "tableofcontents",
    "exercise-end",
    "solution-end",
    "index",
    "only",
    "meta",
}


class UnknownMarkup(ValueError):
    """A directive or role that this module has no plain form for."""


@dataclass
class Page:
    """What the conversion of one page needs from outside, and what it finds out."""

    cite: Callable[[str, str], str]  # (role, "key,key") -> "(Autora, 2020)"
    bibliography: Callable[[], str]  # the list that a {bibliography} directive stands for
    titles: dict[str, str]  # slug -> title of the page
    values: dict[str, str] = field(default_factory=dict)  # {glue} and {eval} names -> text
    exercises: dict[str, str] = field(default_factory=dict)  # label -> "Exercício 1"


def markdown(text: str, page: Page) -> str:
    """MyST text -> plain Markdown. Raises UnknownMarkup for what has no plain form."""
    lines, out, at = text.split("\n"), [], 0
    prose: list[str] = []

    def flush() -> None:
        if prose:
            out.append(_prose("\n".join(prose), page))
            prose.clear()

    while at < len(lines):
        opening = FENCE.match(lines[at])
        if opening is None or (opening["name"] is None and opening["fence"][0] == ":"):
            prose.append(lines[at])
            at += 1
            continue
        end = _closing(lines, at, opening["fence"])
        body = lines[at + 1 : end]
        if opening["name"] is None:
            flush()
            out.append("\n".join(lines[at : end + 1]))  # a plain block of code stays as it is
        else:
            flush()
            out.append(_directive(opening["name"], opening["arg"].strip(), body, page))
        at = end + 1
    flush()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip("\n")


def _closing(lines: list[str], start: int, fence: str) -> int:
    """Index of the line that closes the fence opened at `start`."""
    close = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}\s*$")
    for at in range(start + 1, len(lines)):
        if close.match(lines[at]):
            return at
    raise UnknownMarkup(f"the fence `{lines[start].strip()}` is never closed")


def options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """Options of a directive, in either of MyST's two forms, and its content."""
    if body and body[0].strip() == "---":
        end = next((at for at in range(1, len(body)) if body[at].strip() == "---"), len(body) - 1)
        found = yaml.safe_load("\n".join(body[1:end])) or {}
        return {str(key): str(value) for key, value in found.items()}, body[end + 1 :]
    found = {}
    at = 0
    while at < len(body) and (match := re.match(r"^:([\w-]+):\s*(.*)$", body[at])):
        found[match[1]] = match[2]
        at += 1
    return found, body[at:]


def _directive(name: str, arg: str, lines: list[str], page: Page) -> str:
    given, content = options(lines)
    body = markdown("\n".join(content), page) if name not in {"math", "code-block", "code", "raw"} else ""
    title = inline(arg, page)
    if name in DROPPED:
        return ""
    if name in ADMONITIONS:
        title = title or ADMONITIONS[name]
        if "dropdown" in given.get("class", ""):
            return details(title or "Mais", body)
        return quote(f"**{title}**\n\n{body}" if title else body)
    if name == "dropdown":
        return details(title or "Mais", body)
    if name in TRANSPARENT:
        return f"\n{body}\n"
    if name in CARDS:
        return f"\n**{title}**\n\n{body}\n" if title else f"\n{body}\n"
    if name in {"exercise", "exercise-start"}:
        number = page.exercises.setdefault(given.get("label", ""), f"Exercício {len(page.exercises) + 1}")
        return f"\n**{number}{': ' + title if title else ''}**\n\n{body}\n"
    if name in {"solution", "solution-start"}:
        heading = f"Solução do {page.exercises.get(arg, 'exercício').replace('E', 'e')}"
        return f"\n**{heading}**\n" if name == "solution-start" else details(heading, body)
    if name == "math":
        return f"\n$$\n{chr(10).join(content).strip()}\n$$\n"
    if name in {"code-block", "code"}:
        return f"```{arg}\n{chr(10).join(content)}\n```"
    if name in {"figure", "image"}:
        caption = f"\n\n*{body.strip()}*" if body.strip() else ""
        return f"\n![{given.get('alt', '')}]({arg}){caption}\n"
    if name == "table":
        return f"\n{body}\n\n*{title}*\n" if title else f"\n{body}\n"
    if name == "list-table":
        return _list_table(title, content, page)
    if name == "glossary":
        return _glossary(content, page)
    if name == "bibliography":
        return page.bibliography()
    if name == "epigraph":
        return quote(body)
    raise UnknownMarkup(f"no plain form for the directive {{{name}}}")


def quote(text: str) -> str:
    return "\n" + "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n")) + "\n"


def details(title: str, body: str) -> str:
    return f"\n<details>\n<summary><b>{title}</b></summary>\n\n{body.strip()}\n\n</details>\n"


def _list_table(title: str, content: list[str], page: Page) -> str:
    rows: list[list[str]] = []
    for line in content:
        if match := re.match(r"^\* - (.*)$", line):
            rows.append([match[1]])
        elif match := re.match(r"^  - (.*)$", line):
            rows[-1].append(match[1])
        elif line.strip() and rows:
            rows[-1][-1] += " " + line.strip()
    cells = [[inline(cell, page).replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines.insert(1, "|" + "---|" * len(cells[0]))
    return "\n" + "\n".join(lines) + (f"\n\n*{title}*\n" if title else "\n")


def _glossary(content: list[str], page: Page) -> str:
    """Terms at the margin, each definition indented below its terms."""
    out, terms = [], []
    for block in re.split(r"\n(?=\S)", "\n".join(content).strip("\n")):
        first, _, rest = block.partition("\n")
        terms.append(first.strip())
        if rest.strip():
            text = " ".join(line.strip() for line in rest.split("\n") if line.strip())
            out.append(f"**{', '.join(terms)}**: {inline(text, page)}")
            terms = []
    return "\n" + "\n\n".join(out) + "\n"


def _prose(text: str, page: Page) -> str:
    lines = [line for line in text.split("\n") if not TARGET.match(line) and not line.startswith("% ")]
    return inline(re.sub(r"(?m)^(#+ .*?)\s*\{#[\w-]+\}$", r"\1", "\n".join(lines)), page)


def inline(text: str, page: Page) -> str:
    """Roles and links inside a paragraph; code spans are left alone."""
    text = ROLE.sub(lambda match: _role(match["name"], match["text"], page), text)
    text = re.sub(r"\]\{[.#][^}]*\}", "]", text)  # attributes of spans
    return LINK.sub(lambda match: _link(match["text"], match["target"], page), text)


def _role(name: str, text: str, page: Page) -> str:
    titled = TITLED.match(text)
    shown, target = (titled["title"], titled["target"]) if titled else (text, text)
    if name.split(":")[0] == "cite":
        return page.cite(name, text)
    if name == "term":
        return shown
    if name == "doc":
        slug = target.rsplit("/", 1)[-1]
        return f"[{shown if titled else page.titles.get(slug, slug)}]({slug}.ipynb)"
    if name in {"ref", "numref", "prf:ref"}:
        return page.exercises.get(target, shown if titled else target) if not titled else shown
    if name == "eq":
        return "a equação acima"
    if name == "math":
        return f"${text}$"
    if name in {"sub", "sup", "kbd"}:
        return f"<{name}>{text}</{name}>"
    if name in {"abbr", "guilabel", "strong", "emphasis", "code"}:
        return f"`{text}`" if name == "code" else text
    if name in {"eval", "glue", "glue:text"}:
        key = text.split(":", 1)[0]
        if text in page.values:
            return page.values[text]
        return page.values.get(key, "(veja a célula)")
    if name == "download":
        return shown
    raise UnknownMarkup(f"no plain form for the role {{{name}}}")


def _link(text: str, target: str, page: Page) -> str:
    if re.match(r"^[a-z]+:", target) or target.endswith(".ipynb"):
        return f"[{text}]({target})"
    path, _, anchor = target.partition("#")
    slug = path.rsplit("/", 1)[-1].removesuffix(".md")
    if path and slug in page.titles:
        return f"[{text or page.titles[slug]}]({slug}.ipynb)"
    if path.endswith((".png", ".svg", ".jpg")):
        return f"[{text}]({target})"
    return text or page.exercises.get(anchor or path, anchor or path)
