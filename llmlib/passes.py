"""One forward pass of a model with its inside out, by the names that the engine in the page gives them.

Does: switch heads off, put activations in, take activations out, read each layer as if it were the last (the
logit lens), through forward hooks on the transformers model, which is as before afterwards. Answers "trace"
of `llmlib.compute` as `engine/trace.js` does, with the same sentences. For models built as Llama and Qwen
are; of others it gives only the plain arrays.

Legend: T positions, L layers, H heads, K key heads, E size of a head, D hidden_size, V vocabulary.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from llmlib.parts import flat

if TYPE_CHECKING:
    from llmlib.lm import LM

PARTS = ("logits", "attentions", "hidden_states", "losses")
INPUTS = (
    "resid",
    "self_attn.z",
    "mlp.down_proj",
    "self_attn.o_proj",
)  # what `patch` may put in, of each layer
MODULES = (
    "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.q_norm",
    "self_attn.k_norm", "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj",
    "mlp.down_proj",
)  # fmt: skip


def trace(lm: LM, text: str | Sequence[int], params: dict) -> dict:
    """The answer to "trace": flat arrays with their shapes beside them.

    `only`, `ablate`, `keep`, `patch` and `lens` as in `engine/README.md`. Raises ValueError, one sentence.
    """
    ids, cut = lm._ids(text)
    only = _list(params.get("only"))
    parts = PARTS[:3] if params.get("only") is None else only
    ablate, keep, patch = _list(params.get("ablate")), _list(params.get("keep")), _list(params.get("patch"))
    lens = params.get("lens") or 0
    vocabulary = lm.model.get_output_embeddings().weight.shape[0]
    if wrong := [part for part in only if part not in PARTS]:
        raise ValueError(f"O passe não tem a parte “{wrong[0]}”; tem {', '.join(PARTS[:-1])} e {PARTS[-1]}.")
    if not isinstance(lens, int) or not 0 <= lens <= vocabulary:
        raise ValueError(f"A lente mostra de 1 a {vocabulary} tokens em cada posição; veio {lens}.")
    states = _states(lm.model) if lens else []
    found = run(lm, ids, [*keep, *states], ablate, patch, attentions="attentions" in parts)

    tokens = [{"id": int(i), "text": lm.token_text(i)} for i in ids]
    answer: dict = {"tokens": tokens, "cut": cut}
    if "losses" in parts:
        answer["losses"] = losses(found["logits"], ids)
    for name in PARTS[:3]:
        if name in parts:
            answer |= flat(name, found[name])
    if lens:
        chosen, p = read_out(lm.model, [found["activations"][name] for name in states], lens)
        answer |= {"lens": {"ids": chosen.ravel(), "p": p.ravel()}, "lens_shape": list(p.shape)}
    if params.get("keep") is not None:
        kept = {name: found["activations"][name] for name in keep}
        answer["activations"] = {name: array.ravel() for name, array in kept.items()}
        answer["activations_shapes"] = {name: list(array.shape) for name, array in kept.items()}
    return answer


@torch.no_grad()
def run(
    lm: LM,
    ids: Sequence[int],
    keep: Sequence[str] = (),
    ablate: Sequence[tuple[int, int]] = (),
    patch: Sequence[dict] = (),
    attentions: bool = True,
) -> dict[str, np.ndarray | dict]:
    """One pass over `ids`: {logits (T, V), hidden_states (L+1, T, D), attentions? (L, H, T, T), activations}.

    Args:
        keep: names of activations; they come as (T, …), those of q, k and v by head: (T, H or K, E).
        ablate: (layer, head) pairs, whose mix of values is zero at all positions.
        patch: {name, position, values}: values put in place of that activation there.
    """
    asked = bool(keep or ablate or patch)
    # transformers records a layer before our hooks change it: then we take the states ourselves
    states = _states(lm.model) if ablate or patch else []
    if states:
        states = [*states[:-1], "norm"]
    wants = dict.fromkeys([*keep, *states])
    with inside(lm.model, len(ids), list(wants), ablate, patch) if asked else ExitStack() as activations:
        out = lm.model(
            input_ids=torch.tensor([ids], device=lm.device),
            output_attentions=attentions or any(name.endswith(".attn") for name in keep),
            output_hidden_states=True,
            use_cache=False,
        )
    stack = lambda tensors: np.stack([_array(t[0]) for t in tensors])  # noqa: E731
    found: dict = {"logits": _array(out.logits[0]), "activations": activations if asked else {}}
    found["hidden_states"] = (
        np.stack([activations[name] for name in states]) if states else stack(out.hidden_states)
    )
    if out.attentions and all(a is not None for a in out.attentions):
        found["attentions"] = stack(out.attentions)
        for layer, maps in enumerate(found["attentions"]):
            if (name := f"layers.{layer}.self_attn.attn") in keep:
                activations[name] = maps
    elif attentions or any(name.endswith(".attn") for name in keep):
        raise ValueError(f"{lm.name} tem camadas sem mapa de atenção, e um Trace precisa de todas.")
    return found


@contextmanager
def inside(
    model: nn.Module, length: int, keep: Sequence[str], ablate: Sequence, patch: Sequence[dict]
) -> Iterator[dict[str, np.ndarray]]:
    """Hooks for one pass over `length` positions; yields what the pass fills: {name: (T, …) float32}."""
    body = model.get_decoder() if hasattr(model, "get_decoder") else None
    if not hasattr(body, "layers") or not all(hasattr(body.layers[0], n) for n in ("self_attn", "mlp")):
        raise ValueError(
            f"Não sei abrir {type(model).__name__} por dentro: só modelos feitos como o Llama e o Qwen."
        )
    config, kept = model.config, {}
    heads, layers = config.num_attention_heads, len(body.layers)
    sizes = _sizes(model)
    _check(ablate, keep, patch, sizes, layers, heads, length)

    def change(name: str, tensor: Tensor) -> Tensor:
        """An activation (1, T, …) as the pass goes on with it: heads off, then values put in; kept last."""
        changed = tensor
        if name.endswith(".z") and (off := [h for at, h in ablate if f"layers.{at}.self_attn.z" == name]):
            changed = changed.clone()
            changed.view(1, length, heads, -1)[:, :, off] = 0
        for each in patch:
            if each["name"] == name:
                changed = changed.clone() if changed is tensor else changed
                values = torch.as_tensor(np.asarray(each["values"], np.float32)).to(changed)
                changed[0, each["position"]] = values
        if name in keep:
            kept[name] = _array(changed[0]).reshape(length, *sizes[name])
        return changed

    with ExitStack() as hooks:

        def after(module: nn.Module, name: str) -> None:
            def hook(_: nn.Module, __: tuple, output: Tensor | tuple) -> Tensor | tuple:
                if isinstance(output, tuple):
                    return (change(name, output[0]), *output[1:])
                return change(name, output)

            hooks.enter_context(_removed(module.register_forward_hook(hook)))

        def before(module: nn.Module, name: str) -> None:
            hook = lambda _, args: (change(name, args[0]), *args[1:])  # noqa: E731
            hooks.enter_context(_removed(module.register_forward_pre_hook(hook)))

        after(body.embed_tokens, "embed_tokens")
        for number, layer in enumerate(body.layers):
            prefix = f"layers.{number}"
            for name in MODULES:
                if f"{prefix}.{name}" in sizes:
                    after(layer.get_submodule(name), f"{prefix}.{name}")
            before(layer.self_attn.o_proj, f"{prefix}.self_attn.z")
            before(layer.mlp.down_proj, f"{prefix}.mlp.act")
            after(layer, f"{prefix}.resid")
            turned = {f"{prefix}.self_attn.{n}" for n in "qk"} & set(keep)
            if turned:
                hooks.enter_context(_turned(layer.self_attn, prefix, turned, kept))
        after(body.norm, "norm")
        after(model.get_output_embeddings(), "lm_head")
        yield kept


@contextmanager
def _turned(attention: nn.Module, prefix: str, names: set[str], kept: dict) -> Iterator[None]:
    """Keep queries and keys after the rotation by position, which is no module: it is done again here."""
    rotate = sys.modules[type(attention).__module__].apply_rotary_pos_emb
    angles, raw = {}, {}

    def start(_: nn.Module, __: tuple, kwargs: dict) -> None:
        angles["cos"], angles["sin"] = kwargs["position_embeddings"]

    def end(*_: object) -> None:
        q, k = (raw[n].view(*raw[n].shape[:2], -1, attention.head_dim).transpose(1, 2) for n in "qk")
        for n, turned in zip("qk", rotate(q, k, **angles), strict=True):
            if (name := f"{prefix}.self_attn.{n}") in names:
                kept[name] = _array(turned[0].transpose(0, 1))  # (T, H or K, E)

    with ExitStack() as hooks:
        hooks.enter_context(_removed(attention.register_forward_pre_hook(start, with_kwargs=True)))
        for n in "qk":
            module = getattr(attention, f"{n}_norm", None) or getattr(attention, f"{n}_proj")
            take = lambda _, __, output, n=n: raw.__setitem__(n, output)  # noqa: E731
            hooks.enter_context(_removed(module.register_forward_hook(take)))
        hooks.enter_context(_removed(attention.register_forward_hook(end)))
        yield


@contextmanager
def _removed(handle: torch.utils.hooks.RemovableHandle) -> Iterator[None]:
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def read_out(model: nn.Module, states: Sequence[np.ndarray], k: int) -> tuple[np.ndarray, np.ndarray]:
    """The logit lens: states, each (T, D) before the final norm -> ids int32 and p float32, (states, T, k).

    Source: nostalgebraist, "interpreting GPT: the logit lens", 2020.
    """
    head, norm = model.get_output_embeddings(), model.get_decoder().norm
    stream = torch.from_numpy(np.stack(states)).to(head.weight)  # (L+1, T, D)
    logits = head(norm(stream)).float()  # (L+1, T, V)
    order = torch.sort(logits, dim=-1, descending=True, stable=True).indices[..., :k]
    p = logits.softmax(-1).gather(-1, order)
    return order.to(torch.int32).cpu().numpy(), p.cpu().numpy()


def losses(logits: np.ndarray, ids: Sequence[int]) -> list[float]:
    """-log p (nats) of each token given those before it: logits (T, V) -> T - 1 numbers."""
    rows = logits[:-1].astype(np.float64)
    top = rows.max(1, keepdims=True)
    total = np.log(np.exp(rows - top).sum(1)) + top[:, 0]
    return (total - rows[np.arange(len(rows)), list(ids[1:])]).tolist()


def _states(model: nn.Module) -> list[str]:
    """Names of the residual stream: the embedding, and what each layer leaves."""
    return ["embed_tokens", *(f"layers.{at}.resid" for at in range(model.config.num_hidden_layers))]


def _sizes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """Shape of every activation at one position, by name, in the order of the pass."""
    body, config = model.get_decoder(), model.config
    heads, width = config.num_attention_heads, config.hidden_size
    keys = getattr(config, "num_key_value_heads", None) or heads
    head = getattr(config, "head_dim", None) or width // heads
    inner = config.intermediate_size
    layer = {
        "input_layernorm": (width,), "self_attn.q_proj": (heads, head), "self_attn.k_proj": (keys, head),
        "self_attn.v_proj": (keys, head), "self_attn.q_norm": (heads, head), "self_attn.k_norm": (keys, head),
        "self_attn.q": (heads, head), "self_attn.k": (keys, head), "self_attn.attn": (heads,),
        "self_attn.z": (heads, head), "self_attn.o_proj": (width,), "post_attention_layernorm": (width,),
        "mlp.gate_proj": (inner,), "mlp.up_proj": (inner,), "mlp.act": (inner,), "mlp.down_proj": (width,),
        "resid": (width,),
    }  # fmt: skip
    if not hasattr(body.layers[0].self_attn, "q_norm"):  # Llama
        del layer["self_attn.q_norm"], layer["self_attn.k_norm"]
    named = {f"layers.{at}.{name}": size for at in range(len(body.layers)) for name, size in layer.items()}
    return {"embed_tokens": (width,), **named, "norm": (width,), "lm_head": (config.vocab_size,)}


def _check(
    ablate: Iterable, keep: Iterable[str], patch: Iterable[dict], sizes: dict, layers: int, heads: int, T: int
) -> None:
    """ValueError with one sentence about the first thing that this model or this text does not have."""

    def within(value: object, end: int) -> bool:
        return isinstance(value, (int, np.integer)) and 0 <= value < end

    for pair in ablate:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ValueError("Cabeças a desligar vêm em pares [camada, cabeça].")
        if not within(pair[0], layers):
            raise ValueError(f"A camada {pair[0]} não existe: as deste modelo vão de 0 a {layers - 1}.")
        if not within(pair[1], heads):
            raise ValueError(f"A cabeça {pair[1]} não existe: as deste modelo vão de 0 a {heads - 1}.")
    for name in (*keep, *(each.get("name") for each in patch)):
        if name not in sizes:
            raise ValueError(
                f"Este modelo não tem a ativação “{name}”; "
                "os nomes vão de embed_tokens a lm_head, como layers.0.self_attn.z."
            )
    for each in patch:
        name, position = each["name"], each.get("position")
        values = [] if each.get("values") is None else each["values"]
        if name != "embed_tokens" and re.sub(r"^layers\.\d+\.", "", name) not in INPUTS:
            raise ValueError(
                f"A ativação “{name}” não se troca; "
                f"trocam-se embed_tokens e, de cada camada, {', '.join(INPUTS)}."
            )
        if not within(position, T):
            raise ValueError(f"A posição {position} não existe: as deste texto vão de 0 a {T - 1}.")
        if len(values) != (size := math.prod(sizes[name])):
            raise ValueError(f"{name} tem {size} números em cada posição; vieram {len(values)}.")
        if any(v is None for v in values) or not np.isfinite(np.asarray(values, np.float64)).all():
            raise ValueError(f"Em {name}, posição {position}, há um valor que não é número.")


def _list(value: object) -> list:
    """A list of what came: nothing, one thing, or several."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
