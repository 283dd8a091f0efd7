"""The interactive figures of the course, and what a static page needs to bring them to life (`assets`).

Imports neither torch nor transformers: widgets take data, and ask whoever hosts them for the rest.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

HERE = Path(__file__).parent
WIDGETS = {
    "NextToken": "next_token",
    "Generate": "generate",
    "SamplingView": "sampling_view",
    "MeasuredCurves": "measured_curves",
    "TokenizerView": "tokenizer_view",
    "BPESteps": "bpe_steps",
    "TokenCost": "token_cost",
    "Quiz": "quiz",
    "Compare": "compare",
    "Timeline": "timeline",
    "Adoption": "adoption",
    "Playground": "playground",
    "TimeMachine": "time_machine",
    "Compressor": "compressor",
    "ScalingView": "scaling_view",
    "TrainingCost": "training_cost",
    "TrainLM": "train_lm",
    "SideBySide": "side_by_side",
    "ChatTemplate": "chat_template",
    "ExamplesCurve": "examples_curve",
    "ApiCall": "api_call",
    "ApiCost": "api_cost",
    "Retries": "retries",
    "PromptBench": "prompt_bench",
    "StepSums": "step_sums",
    "InjectionLab": "injection_lab",
    "Votes": "votes",
    "RewardHacking": "reward_hacking",
    "PreferenceFrontier": "preference_frontier",
    "Leash": "leash",
}
__all__ = [*WIDGETS, "assets"]


def __getattr__(name: str) -> object:
    if name not in WIDGETS:
        raise AttributeError(f"llmlib.widgets has no {name!r}; it has {', '.join(WIDGETS)}")
    return getattr(importlib.import_module(f"llmlib.widgets.{WIDGETS[name]}"), name)


def assets(engine: str | None = None) -> dict[str, str]:
    """Files of the static page, by path below `_static/llm/`: classic scripts that also work from disk.

    host.js (small, on pages with widgets), widgets.css, engine.js (attached at the first question), and what
    only training attaches: train.js, and one file a part of the corpus that can be learned.
    `engine` takes the place of the engine's own text.
    """
    from llmlib.engine import source as worker_source
    from llmlib.engine import train_source
    from llmlib.widgets.base import module
    from llmlib.widgets.train_lm import SLICES, slice_of

    def read(path: Path) -> str:
        return path.read_text("utf-8")

    stems = sorted(path.stem for path in HERE.glob("*.js") if path.with_suffix(".py").exists())
    modules = {stem.replace("_", "-"): module(stem) for stem in stems}
    host = (
        f"(() => {{\nconst kit = {json.dumps(read(HERE / 'kit.js'))};\n"
        f"const widgets = {json.dumps(modules)};\n"
        f"{read(HERE / 'compute.js')}\n{read(HERE / 'host.js')}\n}})();\n"
    )
    sheets = [HERE / "tokens.css", HERE / "kit.css", *(HERE / f"{stem}.css" for stem in stems)]
    return {
        "host.js": host,
        "engine.js": f"globalThis.llmEngine = {json.dumps(engine or worker_source())};\n",
        "train.js": f"globalThis.llmTrain = {json.dumps(train_source())};\n",
        "widgets.css": "\n".join(read(sheet) for sheet in sheets if sheet.exists()),
        **{
            f"texts/{name}.js": f'(globalThis.llmTexts ??= {{}})["{name}"] = {json.dumps(slice_of(name))};\n'
            for name in SLICES
        },
    }
