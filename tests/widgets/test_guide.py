"""The widget that CONTRIBUTING.md prints as an example: made from the guide's own text, and used."""

import re
import shutil
from pathlib import Path

import pytest

from llmlib import widgets
from llmlib.widgets import base
from tests.browser import launch
from tests.widgets.page import write_page

GUIDE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")


@pytest.fixture
def coin(tmp_path, monkeypatch):
    """The class of the guide, beside a copy of the course's widgets."""
    home = tmp_path / "widgets"
    shutil.copytree(base.HERE, home, ignore=shutil.ignore_patterns("__pycache__"))
    for module in (base, widgets):
        monkeypatch.setattr(module, "HERE", home)
    section = GUIDE.split("## How to add a widget")[1].split("\n## ")[0]
    python, script = (re.search(rf"```{kind}\n(.*?)```", section, re.S).group(1) for kind in ("python", "js"))
    (home / "coin.py").write_text(python, "utf-8")
    (home / "coin.js").write_text(script, "utf-8")
    scope = {"__name__": "coin"}
    exec(compile(python, "coin.py", "exec"), scope)
    return scope["Coin"]


def test_the_widget_of_the_guide_works(coin, tmp_path):
    page = launch().new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(write_page(tmp_path / "site", [coin(bias=1.0)]).as_uri())
    for _ in range(3):
        page.get_by_role("button", name="Lançar").click()
    assert page.locator("[data-widget=coin] output").inner_text() == "100\u00a0% de cara em 3"
    page.close()
    assert errors == []


def test_the_widget_of_the_guide_refuses_bad_input(coin):
    with pytest.raises(ValueError, match="de 0 a 1"):
        coin(bias=1.5)
