"""Widget: what every interactive figure of the course shares, in a notebook and in the static page.

A widget is three siblings: `coin.py` validates and rounds data into small JSON traits, `coin.js` draws them,
`coin.css` dresses them. `kit.js`, and the widget's own parts if it has any (`coin.*.js`, in alphabetical
order), are inlined above `coin.js` when the class is made, because a widget's module is loaded as a Blob,
where relative imports fail. What needs a model goes through `compute`, a callable `(method, params) -> dict`
(or a generator of events that returns one); this file never imports a model.
It does not draw, and it does not know the page: `host.js` brings the text/html below to life.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets

from llmlib.widgets.fallback import escape

HERE = Path(__file__).parent
ENGINE = HERE.parent / "engine"
COMMON = ("tokens", "kit")  # stylesheets of every widget


def rounded(value: object, digits: int = 5) -> object:
    """Plain JSON data with floats cut to `digits` significant figures; NaN and infinities become None."""
    if hasattr(value, "tolist"):  # numpy
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): rounded(each, digits) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(each, digits) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") if math.isfinite(value) else None
    return value


def script_json(value: object) -> str:
    """JSON that is safe inside <script>: ASCII only, and no `<`, `>` or `&` in sight."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def body(name: str, source: str) -> str:
    """A widget's module without the kit: its default export becomes what `asWidget` of kit.js wraps."""
    if source.count("export default") != 1:
        raise ValueError(f"the module of the widget {name!r} needs exactly one `export default`")
    return (
        source.replace("export default", "const widget =") + f'\nexport default asWidget("{name}", widget);\n'
    )


def module(stem: str) -> str:
    """The module of the widget of files called `stem`, after its parts: `coin.*.js` beside `coin.js`.

    A line `// uses part: coin.faces` borrows that part of another widget.
    """
    source = (HERE / f"{stem}.js").read_text("utf-8")
    borrowed = [HERE / f"{name}.js" for name in re.findall(r"^// uses part: ([\w.]+)$", source, re.MULTILINE)]
    parts = [path.read_text("utf-8") for path in [*borrowed, *sorted(HERE.glob(f"{stem}.*.js"))]]
    return engine_parts(source) + "".join(parts) + body(stem.replace("_", "-"), source)


def sheets(stem: str) -> list[str]:
    """Stylesheets of the widget of files called `stem`, besides those of all: borrowed ones, then its own.

    A widget that wears another's classes says so in its script: `// uses style: timeline`.
    """
    source = (HERE / f"{stem}.js").read_text("utf-8")
    borrowed = re.findall(r"^// uses style: (\w+)$", source, re.MULTILINE)
    return [*borrowed, *([stem] if (HERE / f"{stem}.css").exists() else [])]


def engine_parts(source: str) -> str:
    """What a widget's line `// uses engine: sampling` asks for: that script of the engine, as the object LLM.

    The function `makeLLM` that holds it stays at hand: its text is what a Worker of the widget can run.
    """
    names = re.findall(r"^// uses engine: (\w+)$", source, re.MULTILINE)
    scripts = [(ENGINE / f"{name}.js").read_text("utf-8") for name in names]
    if not scripts:
        return ""
    inside = "\n".join(scripts)
    return f"const makeLLM = () => {{\nconst LLM = {{}};\n{inside}\nreturn LLM;\n}}, LLM = makeLLM();\n"


def sentence(error: Exception) -> str:
    """One Portuguese sentence for the reader; a ValueError is ours and already is one."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, ValueError):
        return first
    return f"O cálculo falhou no Python ({type(error).__name__}: {first}). Execute a célula de novo."


class Widget(anywidget.AnyWidget):
    """Base of the widgets. A subclass sets `name` (its files), its traits, `fallback` and `summary`."""

    name = ""
    model_name = traitlets.Unicode("").tag(
        sync=True
    )  # bundled model that the static page may load; "" for none
    live = traitlets.Bool(False).tag(sync=True)  # is there a kernel that can compute?

    def __init_subclass__(cls, **kwargs: object) -> None:
        if "name" in cls.__dict__:  # traitlets makes one more subclass for each instance: those have no name
            stem = HERE / cls.name.replace("-", "_")
            cls._esm = (HERE / "kit.js").read_text("utf-8") + module(stem.name)
            names = [*COMMON, *sheets(stem.name)]
            cls._css = "\n".join((HERE / f"{name}.css").read_text("utf-8") for name in names)
        super().__init_subclass__(**kwargs)

    def __init__(self, compute: Callable[[str, dict], object] | None = None, **traits: object) -> None:
        super().__init__(live=compute is not None, **{key: rounded(value) for key, value in traits.items()})
        self._compute, self._cancelled, self._tasks = compute, set(), set()
        self.on_msg(self._receive)

    def fallback(self) -> str:
        """HTML that says the same with JavaScript off and in print (use `llmlib.widgets.fallback`)."""
        raise NotImplementedError

    def summary(self) -> str:
        """The figure's message in one Portuguese sentence."""
        raise NotImplementedError

    def state(self) -> dict:
        """The traits that the page needs: those declared below anywidget's own."""
        own = set(self.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names())
        return {key: getattr(self, key) for key in sorted(own) if not key.startswith("_") and key != "live"}

    def html(self) -> str:
        """The widget in a static page: its state, and a figure that needs no script."""
        # A hub model has a slash in its name and no page file: there the recording is all there is.
        model = "" if "/" in self.model_name else escape(self.model_name)
        return (
            f'<div class="llm-widget" data-widget="{self.name}" data-state="recorded" data-model="{model}">'
            f'<script type="application/json" class="llm-state">{script_json(self.state())}</script>'
            f'<div class="llm-fallback">{self.fallback()}</div></div>'
        )

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = self.summary()
        if "google.colab" not in sys.modules:  # Colab would prefer the still picture to the widget
            data["text/html"] = self.html()
        return data, metadata

    def _receive(self, _: object, message: dict, buffers: list) -> None:
        if "cancel" in message:
            self._cancelled.add(message["cancel"])
            return
        reply = self._reply(message["id"], message["method"], message.get("params", {}))
        try:
            task = asyncio.get_running_loop().create_task(reply)
        except RuntimeError:  # no loop: a plain script or a test
            asyncio.run(reply)
        else:
            self._tasks.add(task)  # asyncio itself keeps only a weak reference
            task.add_done_callback(self._tasks.discard)

    async def _reply(self, number: int, method: str, params: dict) -> None:
        try:
            if self._compute is None:
                raise ValueError("Este widget só mostra o que foi gravado: não há modelo ligado a ele.")
            answer = self._compute(method, params)
            if inspect.isgenerator(answer):
                answer = await self._stream(number, answer)
            self.send({"id": number, "result": rounded(answer)})
        except Exception as error:  # whatever went wrong, the reader must see a sentence, not a silent figure
            self.send({"id": number, "error": sentence(error)})
        self._cancelled.discard(number)

    async def _stream(self, number: int, events: object) -> dict:
        while number not in self._cancelled:
            try:
                event = next(events)
            except StopIteration as stop:
                return stop.value
            self.send({"id": number, "event": rounded(event)})
            await asyncio.sleep(0)  # lets the kernel hear a cancellation between two tokens
        events.close()
        return {"reason": "cancelled"}
