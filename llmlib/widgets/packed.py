"""Attention maps as text that JSON, HTML and anywidget carry as it is: one or two characters a weight.

A weight w from 0 to 1 becomes the nearest of `levels` steps of its square root, so that small weights keep
their detail. Two characters have 8,100 steps: an error of at most 0.00013. One has 90, for arrays of a large
model: at most 0.0113 at w = 1 and 0.0012 at w = 0.01, before each row is divided by its sum, which is 1.
Bytes in base64 would keep 256 steps and weigh a third more than the figure's budget allows.
A causal map travels as its lower triangle. Knows no model and draws nothing; `unpackWeights` of
`attention_view.maps.js` is its other half.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Printable ASCII without what JSON (" \\) or a page (< > &) would escape: 90 digits.
DIGITS = "".join(chr(code) for code in range(32, 127) if chr(code) not in '"\\<>&')
ROOM = 150_000  # weights: up to here two characters each
NO_MAPS = (
    '{what} não trouxe mapas de atenção: abra o modelo com attn_implementation="eager" '
    "(o padrão, sdpa, não os guarda) e chame-o com output_attentions=True."
)


def arrays(attentions: object, what: str = "AttentionView") -> np.ndarray:
    """(L, H, T, T) float32 from an array of that shape, or from what a transformers model returns as
    `attentions`: one (1, H, T, T) tensor a layer. ValueError, with a sentence that names the axis, else.
    """
    if attentions is None:
        raise ValueError(NO_MAPS.format(what=what))
    if isinstance(attentions, list | tuple):
        if not attentions or any(each is None for each in attentions):
            raise ValueError(NO_MAPS.format(what=what))
        layers = [_numpy(each) for each in attentions]
        for number, each in enumerate(layers):
            if each.ndim == 4 and each.shape[0] != 1:
                raise ValueError(
                    f"{what}: a camada {number} traz {each.shape[0]} textos no eixo 0 (lote); passe um só."
                )
        layers = [each[0] if each.ndim == 4 else each for each in layers]
        shapes = sorted({each.shape for each in layers})
        if len(shapes) > 1:
            raise ValueError(f"{what}: as camadas têm formas diferentes, {shapes[0]} e {shapes[-1]}.")
        found = np.stack(layers)
    else:
        found = _numpy(attentions)
    if found.ndim != 4:
        raise ValueError(f"{what}: attentions deveria ter 4 eixos (L, H, T, T), mas tem {found.ndim}.")
    for axis, name in enumerate(("L, camadas", "H, cabeças", "T, quem olha", "T, para onde")):
        if found.shape[axis] == 0:
            raise ValueError(f"{what}: attentions está vazio no eixo {axis} ({name}).")
    if found.shape[2] != found.shape[3]:
        raise ValueError(
            f"{what}: attentions tem {found.shape[3]} no eixo 3 (T, para onde), "
            f"mas {found.shape[2]} no eixo 2 (T, quem olha)."
        )
    if not np.isfinite(found).all():
        layer, head, query, key = np.argwhere(~np.isfinite(found))[0]
        raise ValueError(
            f"{what}: attentions tem um valor que não é número (NaN ou infinito) na camada {layer} (eixo 0), "
            f"cabeça {head} (eixo 1), posição {query} (eixo 2), para {key} (eixo 3)."
        )
    if found.min() < -1e-3 or found.max() > 1.01:
        raise ValueError(
            f"{what}: attentions vai de {found.min():.3g} a {found.max():.3g}; são precisos os pesos depois "
            "da softmax, de 0 a 1, que somam 1 no eixo 3."
        )
    return found


def _numpy(value: object) -> np.ndarray:
    """An array or a tensor, of any device and type, as float32."""
    for verb in ("detach", "float", "cpu"):
        value = getattr(value, verb, lambda value=value: value)()
    try:
        return np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError):
        raise ValueError("attentions precisa ser um array de números com eixos (L, H, T, T).") from None


def pack(attentions: np.ndarray) -> dict:
    """(L, H, T, T) -> {shape: [L, H, T], causal, digits: 1 or 2, data: text}."""
    L, H, T, _ = attentions.shape
    causal = bool(np.triu(attentions, 1).max(initial=0) <= 1e-6)
    flat = attentions[:, :, *np.tril_indices(T)] if causal else attentions.reshape(L, H, T * T)
    digits = 2 if flat.size <= ROOM else 1
    top = len(DIGITS) ** digits - 1
    steps = np.rint(np.sqrt(np.clip(flat, 0, 1)) * top).astype(np.int64).ravel()
    table = np.frombuffer(DIGITS.encode(), dtype=np.uint8)
    pair = (steps,) if digits == 1 else (steps // len(DIGITS), steps % len(DIGITS))
    data = table[np.stack(pair, axis=1)].tobytes().decode("ascii")
    return {"shape": [L, H, T], "causal": causal, "digits": digits, "data": data}


def unpack(packed: dict) -> np.ndarray:
    """What the figure reads: (L, H, T, T) float32; rows divided by their sum where one digit was kept."""
    L, H, T = packed["shape"]
    place = np.zeros(128, dtype=np.int64)
    place[np.frombuffer(DIGITS.encode(), dtype=np.uint8)] = np.arange(len(DIGITS))
    read = place[np.frombuffer(packed["data"].encode("ascii"), dtype=np.uint8)].reshape(-1, packed["digits"])
    steps = read[:, 0] if packed["digits"] == 1 else read[:, 0] * len(DIGITS) + read[:, 1]
    flat = ((steps / (len(DIGITS) ** packed["digits"] - 1)) ** 2).reshape(L, H, -1)
    found = np.zeros((L, H, T, T), dtype=np.float32)
    if packed["causal"]:
        found[:, :, *np.tril_indices(T)] = flat
    else:
        found[:] = flat.reshape(L, H, T, T)
    if packed["digits"] == 1:
        found /= np.maximum(found.sum(-1, keepdims=True), 1e-9)
    return found


def sharpest(attentions: np.ndarray) -> list[int]:
    """[layer, head] that looks most clearly at one earlier token, the mark at position 0 left out."""
    T = attentions.shape[-1]
    earlier = np.tril(np.ones((T, T), dtype=bool), -1)
    earlier[:, 0] = False
    seen = np.where(earlier, attentions, 0).max(-1)  # (L, H, T)
    best = seen[:, :, min(2, T - 1) :].mean(-1)
    return [int(i) for i in np.unravel_index(best.argmax(), best.shape)]


def names(tokens: Sequence[object], T: int, what: str = "AttentionView") -> list[dict]:
    """Tokens as widgets read them, {id, text}, from dicts or strings; ValueError if they are not T."""
    found = [t if isinstance(t, dict) else {"id": -1, "text": str(t)} for t in tokens]
    if len(found) != T:
        raise ValueError(
            f"{what}: attentions tem {T} posições no eixo 2 (T, quem olha), e vieram {len(found)} tokens."
        )
    return [{"id": int(t["id"]), "text": t["text"]} for t in found]
