"""The interactive figures of the course, and what a static page needs to bring them to life (`assets`).

Imports neither torch nor transformers: widgets take data, and ask whoever hosts them for the rest.
"""

from __future__ import annotations

import importlib
import json
import re
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
    "ReviewLab": "review_lab",
    "WaysCurve": "ways_curve",
    "LoraView": "lora_view",
    "Forgetting": "forgetting",
    "Visibility": "visibility",
    "FillMask": "fill_mask",
    "Rewrite": "rewrite",
    "Machine": "machine",
    "LogitLens": "logit_lens",
    "Patching": "patching",
    "KVCacheCost": "kv_cache",
    "ModelParts": "model_parts",
    "HeadWalk": "head_walk",
    "TiedWords": "tied_words",
    "RopeView": "rope_view",
    "AttentionView": "attention_view",
    "HeadSwitches": "head_switches",
    "BertViz": "bertviz",
    "EmbeddingMap": "embedding_map",
    "WordTrainer": "word_trainer",
    "SubwordLab": "subword_lab",
    "WordDimensions": "word_dimensions",
    "RagPipeline": "rag_pipeline",
    "ChunkView": "chunk_view",
    "RankLists": "rank_lists",
    "ReadApart": "read_apart",
    "PaperSearch": "paper_search",
    "RankFusion": "rank_fusion",
    "QueryDuel": "query_duel",
    "RankingMetrics": "ranking_metrics",
    "AnswerJudge": "answer_judge",
    "RagCurves": "rag_curves",
    "RagCases": "rag_cases",
    "SenseApart": "sense_apart",
    "SenseMap": "sense_map",
    "LayerCurves": "layer_curves",
    "Similarity": "similarity",
    "TextUses": "text_uses",
    "ContrastSteps": "contrast_steps",
}
__all__ = [*WIDGETS, "assets"]


def __getattr__(name: str) -> object:
    if name not in WIDGETS:
        raise AttributeError(f"llmlib.widgets has no {name!r}; it has {', '.join(WIDGETS)}")
    return getattr(importlib.import_module(f"llmlib.widgets.{WIDGETS[name]}"), name)


def assets(engine: str | None = None) -> dict[str, str]:
    """Files of the static page, by path below `_static/llm/`: classic scripts that also work from disk.

    On every page with a widget host.js and widgets.css; for each kind of widget one script, and mostly one
    stylesheet, on the pages that show it (`page_files`); engine.js, attached at the first question; the
    pieces of the engine, attached where a question or a model needs them; and what only training attaches:
    train.js, and one file a part of the corpus that can be learned.
    `engine` takes the place of the engine's own text.
    """
    from llmlib.engine import PIECES, piece, train_source
    from llmlib.engine import source as worker_source
    from llmlib.widgets.base import COMMON, module
    from llmlib.widgets.train_lm import SLICES, slice_of
    from llmlib.widgets.word_trainer import TEXT, prose

    def read(path: Path) -> str:
        return path.read_text("utf-8")

    host = (
        f"(() => {{\nconst kit = {json.dumps(read(HERE / 'kit.js'), ensure_ascii=False)};\n"
        f"{read(HERE / 'compute.js')}\n{read(HERE / 'host.js')}\n}})();\n"
    )
    stems = sorted(path.stem for path in HERE.glob("*.js") if path.with_suffix(".py").exists())
    scripts = {
        stem.replace("_", "-"): f"(globalThis.llmWidgets ??= {{}})[{json.dumps(stem.replace('_', '-'))}] = "
        f"{json.dumps(module(stem), ensure_ascii=False)};\n"
        for stem in stems
    }
    own = [path for path in HERE.glob("*.css") if path.stem in stems]
    return {
        "host.js": host,
        "engine.js": f"globalThis.llmEngine = {json.dumps(engine or worker_source())};\n",
        **{
            f"engine/{name}.js": f"(globalThis.llmPieces ??= {{}}).{name} = {json.dumps(piece(name))};\n"
            for name in PIECES
        },
        "train.js": f"globalThis.llmTrain = {json.dumps(train_source())};\n",
        "widgets.css": "\n".join(read(HERE / f"{name}.css") for name in COMMON),
        **{f"widgets/{name}.js": script for name, script in scripts.items()},
        **{f"widgets/{path.stem.replace('_', '-')}.css": read(path) for path in own},
        **{
            f"texts/{name}.js": f'(globalThis.llmTexts ??= {{}})["{name}"] = {json.dumps(slice_of(name))};\n'
            for name in SLICES
        },
        f"texts/{TEXT}.js": f'(globalThis.llmTexts ??= {{}})["{TEXT}"] = '
        f"{json.dumps(prose(), ensure_ascii=False)};\n",
    }


def page_files(html: str) -> list[str]:
    """What a page with this HTML loads of `assets()`, in the order that its head lists them.

    Nothing where it shows no widget; else the stylesheets and scripts of the kinds that it shows, and last
    host.js, which brings them to life. A kind that there is not raises KeyError with its name.
    """
    from llmlib.widgets.base import sheets

    roots = re.findall(r'<[^<>]*\bclass="[^"]*\bllm-widget\b[^<>]*>', html)
    kinds = sorted({name for root in roots for name in re.findall(r'\bdata-widget="([\w-]+)"', root)})
    if not kinds:
        return []
    styles = []
    for kind in kinds:
        stem = kind.replace("-", "_")
        if not (HERE / f"{stem}.js").exists():
            raise KeyError(kind)
        styles += [name.replace("_", "-") for name in sheets(stem)]
    return [
        "widgets.css",
        *(f"widgets/{name}.css" for name in sorted(set(styles))),
        *(f"widgets/{kind}.js" for kind in kinds),
        "host.js",
    ]
