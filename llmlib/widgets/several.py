"""Several models behind one `compute`: `params["model"]` says which; without it, the first one answers.

In the page `host.js` does the same. Knows nothing of models but `name` and `compute`.
"""

from __future__ import annotations

from collections.abc import Callable


def several(*models: object) -> Callable[[str, dict], object]:
    """One `compute` over `models`. An unknown name is answered with a sentence (ValueError)."""
    by_name = {model.name: model for model in models}

    def compute(method: str, params: dict) -> object:
        name = params.get("model", models[0].name)
        if name not in by_name:
            raise ValueError(f"Esta figura não tem o modelo {name}; tem {', '.join(by_name)}.")
        return by_name[name].compute(method, {k: v for k, v in params.items() if k != "model"})

    return compute
