"""The pictures of README.md: the first chapter's first figure, live, as a reader sees it. `make screenshot`.

Takes pictures; does not judge them. The site must have been built.
"""

from __future__ import annotations

from pathlib import Path

from tests.browser import launch

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "tela.png"


def main() -> None:
    page = launch().new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page.goto((ROOT / "build" / "html" / "chapters" / "o-que-e-um-llm.html").as_uri())
    widget = page.locator("[data-widget=next-token]").first
    widget.locator("textarea[name=text]").fill("O gato estava dormindo no sofá enquanto o cachorro")
    page.locator("[data-widget=next-token][data-state=live]").first.wait_for()
    page.wait_for_timeout(600)  # the bars' short animation
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE)
    print(f"Saved {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
