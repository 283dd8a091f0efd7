"""One sample of each widget of this folder, on the fake model."""

from __future__ import annotations

from collections.abc import Callable

from llmlib.widgets import NextToken
from llmlib.widgets.base import Widget
from tests.widgets.fake import FakeLM

PROMPTS = ["Era uma vez", "Qual é a capital do Brasil?", "A raposa marrom pula sobre o"]

SAMPLES: dict[str, Callable[[], Widget]] = {
    "next-token": lambda: NextToken(FakeLM(), "O gato subiu no", examples=PROMPTS),
}
