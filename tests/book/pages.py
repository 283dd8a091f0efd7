"""What no page of the site may hold: loads from other hosts, and strings of the tools in English."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
SPOKEN = ("title", "aria-label", "placeholder", "alt")
CSS_LOAD = re.compile(r"""(?:url\(\s*|@import\s+)["']?\s*(?:https?:)?//""")
ENGLISH = [
    "Skip to main content", "Back to top", "Search this book", "Search", "Contents", "Color mode",
    "On this page", "previous", "next", "Toggle", "Show code cell", "Hide code cell", "Click to show",
    "Download", "Launch", "Copy", "Link to this heading", "Permalink", "Note", "Warning", "Tip", "Exercise",
    "Solution", "Figure", "Table of", "Last updated", "Theme by", "Dark", "Light", "Home", "By ",
    "Copyright", "Section Navigation",
]  # fmt: skip


STARTS = re.compile(rf"({'|'.join(map(re.escape, ENGLISH))})(?!\w)")


def parsed(html: str) -> BeautifulSoup:
    """A page as the functions below take it; parsing is most of their time."""
    return BeautifulSoup(html, "html.parser")


def foreign_loads(soup: BeautifulSoup) -> list[str]:
    """Addresses of other hosts that opening the page would load. Links to follow are not loads."""
    found = [tag[name] for kind, name in LOADING.items() for tag in soup.find_all(kind) if tag.get(name)]
    found += [
        tag["href"] for tag in soup.find_all("link") if tag.get("rel") != ["canonical"] and tag.get("href")
    ]
    found = [address for address in found if re.match(r"(?:https?:)?//", address)]
    styles = [tag.get_text() for tag in soup.find_all("style")] + [
        t["style"] for t in soup.find_all(style=True)
    ]
    return found + [match[0] for style in styles for match in CSS_LOAD.finditer(style)]


def english(soup: BeautifulSoup) -> list[str]:
    """Strings of Sphinx, MyST-NB and their themes that a reader would see or hear in English.

    What is no prose (code, quotations, figures) is taken out of `soup`.
    """
    for hidden in soup(["script", "style", "pre", "code", "cite"]):
        hidden.decompose()
    for listed in soup.select("div.citation, .llm-widget"):
        listed.decompose()
    heard = [str(tag[name]) for name in SPOKEN for tag in soup.find_all(**{name: True})]
    seen = [text.strip() for text in soup.find_all(string=True) if text.strip()]
    return [f"{sign[1]} in {text[:60]!r}" for text in seen + heard if (sign := STARTS.match(text))]
