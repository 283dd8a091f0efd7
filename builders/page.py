"""The page file of a model, made from its folder: int8 weights, tokenizer and config in one classic script.

    python -m builders.page data/models/mini-base

Each row of a matrix is divided by its own scale, so that its largest number becomes 127, and rounded; norms
stay in float32. The site build makes these files (`pages`), keeps them in `build/pages` and makes one again
when its model changes; they are not committed. The command prints what int8 costs: how far the logits move,
and the perplexity lost.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from builders import page_families, page_pairs
from llmlib import adapters, checkpoints
from llmlib.scratch import sft

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "data" / "models"
CACHE = ROOT / "build" / "pages"
RUNS_IN_PAGE = {
    "Qwen3ForCausalLM",
    "Qwen3Model",
    page_pairs.ARCHITECTURE,
    *page_families.KEYS,
}  # architectures that the engine computes
MOST_BYTES = 4_000_000
CONFIG_KEYS = (
    "architectures", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "intermediate_size", "max_position_embeddings", "tie_word_embeddings",
    "rms_norm_eps", "hidden_act", "bos_token_id", "eos_token_id", "pad_token_id",
)  # fmt: skip


def quantize(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows, columns) float32 -> int8 of that shape, one float32 scale a row; matrix ≈ int8 × scale."""
    scale = (np.abs(matrix).max(1) / 127).astype(np.float32)
    scale[scale == 0] = 1
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def widen(quantized: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The float32 matrix that the page computes with."""
    return quantized.astype(np.float32) * scale[:, None]


def weights_of(folder: Path) -> dict[str, np.ndarray]:
    """The model's tensors by name, in float32; those of a model without a head under `model.` too."""
    tensors = adapters.tensors(folder)
    if family(folder):
        return page_families.arrange(tensors)
    prefix = "" if any(name.startswith("model.") for name in tensors) else "model."
    return {prefix + name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def family(folder: Path) -> str:
    """The architecture of a model of another family (`builders.page_families`), or ""."""
    said = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or []
    return next((name for name in said if name in page_families.KEYS), "")


def pack(tensors: dict[str, np.ndarray]) -> tuple[list[list], bytes]:
    """(name, shape, type, offset) of every tensor, and the bytes they lie in, each one 4-byte aligned."""
    index, data = [], bytearray()
    for name, tensor in sorted(tensors.items()):
        data += b"\0" * (-len(data) % 4)
        index.append([name, list(tensor.shape), "i8" if tensor.ndim == 2 else "f32", len(data)])
        if tensor.ndim == 2:
            quantized, scale = quantize(tensor)
            data += quantized.tobytes()
            data += b"\0" * (-len(data) % 4)
            data += scale.tobytes()
        else:
            data += tensor.astype(np.float32).tobytes()
    return index, bytes(data)


def tokenizer_of(folder: Path) -> dict:
    """Tokens by id, merges in order, and special tokens, as the page's tokenizer takes them."""
    file = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = {t["content"]: t["id"] for t in file["added_tokens"]}
    ids = file["model"]["vocab"] | special
    tokens = sorted(ids, key=ids.get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in file["model"]["merges"]]
    blanks = [t["content"] for t in file["added_tokens"] if t["lstrip"]]
    found = {"tokens": tokens, "merges": merges, "special": special}
    return found | ({"lstrip": blanks} if blanks else {})


def config_of(folder: Path) -> dict:
    """What the engine needs to know of a model; what ends its texts as `generate` takes it."""
    if family(folder):
        return page_families.config_of(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kept = {key: config[key] for key in CONFIG_KEYS if key in config}
    kept["rope_theta"] = config["rope_parameters"]["rope_theta"]
    for name, key in (
        ("generation_config.json", "eos_token_id"),
        ("sentence_bert_config.json", "max_seq_length"),
    ):
        if (folder / name).exists():
            said = json.loads((folder / name).read_text(encoding="utf-8")).get(key)
            kept |= {key: said} if said is not None else {}
    template = folder / "chat_template.jinja"
    if template.exists() and template.read_text(encoding="utf-8") == sft.SPACED_TEMPLATE:
        kept["answer_prefix"] = " "
    if page_pairs.ARCHITECTURE in config.get("architectures", []):
        kept |= page_pairs.pair_of(folder)
    return kept


def render(folder: Path, name: str, tensors: dict[str, np.ndarray] | None = None) -> str:
    """The text of a page file; `tensors` (float32, by name) instead of the weights in `folder`.

    Raises ValueError if the page could not carry it.
    """
    index, data = pack(weights_of(folder) if tensors is None else tensors)
    body = {
        "format": 1,
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "config": config_of(folder),
        "tokenizer": tokenizer_of(folder),
        "tensors": index,
        "weights": base64.b64encode(data).decode(),
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    script = f"(globalThis.llmPageFiles ??= {{}})[{json.dumps(name)}] = {text};\n"
    if (size := len(script.encode())) >= MOST_BYTES:
        raise ValueError(
            f"The page file of {name} would have {size:,} bytes; the page carries less than {MOST_BYTES:,}."
        )
    return script


def cached(folder: Path, cache: Path | None = None, step: str = "") -> Path:
    """The page file of the model in `folder`, made if it is not in the cache or its model has changed.

    With `step` ("step64"), of the checkpoint that it kept then.
    """
    weights = checkpoints.steps(folder)[step] if step else None
    folders = filter(None, (folder, adapters.base_of(folder)))
    files = [weights] if weights else sorted(file for each in folders for file in each.glob("*.safetensors"))
    digest = hashlib.sha256(Path(__file__).read_bytes() + Path(page_families.__file__).read_bytes())
    digest.update(Path(page_pairs.__file__).read_bytes())
    for file in (*sorted(folder.glob("*.json")), *files):
        if file.name not in ("training.json", "evaluation.json"):
            digest.update(file.read_bytes())
    cache, name = cache or CACHE, page_name(folder, step)
    path = cache / f"{name}-{digest.hexdigest()[:16]}.js"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        partial.write_text(render(folder, name, _kept(weights) if step else None), encoding="utf-8")
        partial.replace(path)
    return path


def page_name(folder: Path, step: str = "") -> str:
    """How the page asks for a model: "mini-base", or "mini-base@step64" for a checkpoint of it."""
    return folder.resolve().name + (f"@{step}" if step else "")


def _kept(file: Path) -> dict[str, np.ndarray]:
    """The weights of a checkpoint as `weights_of` gives them: a tied matrix under its first name only."""
    weights, _ = checkpoints.read(file)
    first = {id(array): name for name, array in reversed(weights.items())}
    return {name: array for name, array in weights.items() if first[id(array)] == name}


def pages() -> dict[str, Path]:
    """The page files of all bundled models that the engine runs, and of their checkpoints, by name."""
    found = {}
    for config in sorted(MODELS.glob("*/config.json")):
        folder = config.parent
        if RUNS_IN_PAGE & set(json.loads(config.read_text(encoding="utf-8")).get("architectures") or []):
            for step in ("", *checkpoints.steps(folder)):
                found[page_name(folder, step)] = cached(folder, step=step)
    return found


def quantized_state(folder: Path) -> dict:
    """The weights as the page has them: torch tensors, float32, by name."""
    import torch

    state = {}
    for name, tensor in weights_of(folder).items():
        state[name] = widen(*quantize(tensor)) if tensor.ndim == 2 else tensor
    if family(folder):
        state = page_families.restore(state, load_file(folder / "model.safetensors"))
    return {name: torch.from_numpy(array) for name, array in state.items()}


def cost(folder: Path, texts: list[str]) -> dict[str, float]:
    """What int8 loses on `texts`: mean and largest change of a logit, and perplexity before and after."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    exact = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    light = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    light.load_state_dict(quantized_state(folder), strict=False)
    moved, largest, losses, tokens = 0.0, 0.0, [0.0, 0.0], 0
    for text in texts:
        ids = torch.tensor([[0, *tokenizer(text)["input_ids"]]])[:, : exact.config.max_position_embeddings]
        with torch.no_grad():
            a, b = exact(ids).logits[0], light(ids).logits[0]
        difference = (a - b).abs()
        moved += difference.mean().item() * (ids.shape[1] - 1)
        largest = max(largest, difference.max().item())
        for i, logits in enumerate((a, b)):
            losses[i] += torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:], reduction="sum").item()
        tokens += ids.shape[1] - 1
    before, after = (float(np.exp(loss / tokens)) for loss in losses)
    return {
        "logit_mean": moved / tokens,
        "logit_max": largest,
        "perplexity": before,
        "perplexity_int8": after,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.page", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="model folder, for example data/models/mini-base")
    parser.add_argument("--texts", type=Path, default=Path("data/corpus/amostra.jsonl"),
                        help="corpus sample to measure on; its validation texts are used")  # fmt: skip
    args = parser.parse_args()
    path = cached(args.folder)
    print(f"{path}: {path.stat().st_size:,} bytes")
    rows = [json.loads(line) for line in args.texts.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows if row["split"] == "valid"][:200]
    lost = page_families.cost(args.folder, texts) if family(args.folder) else cost(args.folder, texts)
    print(f"logits moved {lost['logit_mean']:.3f} on average, {lost['logit_max']:.2f} at most")
    if "same_guess" in lost:
        print(f"the first guess stayed the same in {lost['same_guess']:.1%}")
    print(f"perplexity {lost['perplexity']:.4f} -> {lost['perplexity_int8']:.4f}")


if __name__ == "__main__":
    main()
