"""A tiny random model for the machine's tests: real arithmetic, awkward sizes, made in a moment."""

from __future__ import annotations

from functools import cache


@cache
def tiny_lm() -> object:
    """As `llmlib.load` gives it, under the name that the page's tests know."""
    from llmlib.lm import LM
    from tests.conftest import tiny_model, tiny_tokenizer

    model = tiny_model()
    model.config.architectures = ["Qwen3ForCausalLM"]  # as a saved model says
    return LM("mini-base", model, tiny_tokenizer())
