"""Arrays to still figures, in the colours of the course, readable on a light page and on a dark one.

Each function takes plain numbers and returns a `Plot`: a matplotlib figure that shows itself as an inline SVG
whose colours are the page's own variables (`llmlib/widgets/tokens.css`), so that it follows the theme, and
whose letters are real text. Where those variables are unknown it falls back on a tone between light and dark.
Series are named at their ends, never in a legend. Nothing here computes with a model, or imports torch.
"""

import html
import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from llmlib.prose import number, percent
from llmlib.widgets.fallback import SPECIAL

TOKENS = Path(__file__).parent / "widgets" / "tokens.css"
STYLES = ["-", "--", ":", "-."]  # never colour alone


def read_colours(css: str) -> dict[str, tuple[str, str]]:
    """Name -> (light, dark) of every `--llm-name: #rrggbb` of a style sheet, where light comes first."""
    found: dict[str, list[str]] = {}
    for name, colour in re.findall(r"--llm-([\w-]+):\s*(#[0-9a-fA-F]{6})\b", css):
        found.setdefault(name, []).append(colour.lower())
    return {name: (colours[0], colours[min(1, len(colours) - 1)]) for name, colours in found.items()}


@cache
def colours() -> dict[str, str]:
    """Name -> the tone drawn with, between its light and its dark value, hence readable on both pages."""
    middle = {}
    for name, (light, dark) in read_colours(TOKENS.read_text("utf-8")).items():
        pairs = zip(bytes.fromhex(light[1:]), bytes.fromhex(dark[1:]), strict=True)
        middle[name] = "#" + "".join(f"{(3 * a + 2 * b) // 5:02x}" for a, b in pairs)
    return middle


def visible(token: str) -> str:
    """A token as figures show it: a dot for each space, ↵ for a line break, special tokens by name."""
    return SPECIAL.get(token) or token.replace(" ", "·").replace("\n", "↵").replace("\t", "⇥")


class Plot:
    """A figure with its message in words. `.figure` and `.axes` are matplotlib's, to be added to."""

    def __init__(self, figure: Figure, axes: Axes, summary: str):
        self.figure, self.axes, self.summary = figure, axes, summary

    def __repr__(self) -> str:
        return self.summary

    def _repr_html_(self) -> str:
        return f'<figure class="llm-plot">{self.svg()}</figure>'

    def svg(self) -> str:
        """The figure as one <svg> element, colours as the page's variables."""
        out = io.StringIO()
        # Real letters, and ids that are the same at every build and differ between figures.
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": self.summary}):
            self.figure.savefig(
                out, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None}
            )
        drawn = out.getvalue()
        drawn = drawn[drawn.index("<svg") :]
        # Inside a page, a style sheet would reach the other figures, and a repeated id would be an error.
        drawn = re.sub(r"<(metadata|style)\b.*?</\1>", "", drawn, flags=re.DOTALL)
        used = set(re.findall(r"#([\w-]+)", drawn))
        drawn = re.sub(r' id="([^"]+)"', lambda m: m[0] if m[1] in used else "", drawn)
        for name, tone in colours().items():
            drawn = drawn.replace(tone, f"var(--llm-{name}, {tone})")
        drawn = re.sub(r"font-family: [^;\"]*", "font-family: inherit", drawn)
        label, joins = html.escape(self.summary), "stroke-linejoin: round; stroke-linecap: butt"
        start = f'<svg role="img" aria-label="{label}" style="max-width: 100%; height: auto; {joins}"'
        return drawn.replace("<svg", start, 1)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure of the course: no frame, thin ink, nothing behind it. Sizes in inches."""
    ink, rule = colours()["muted"], colours()["rule"]
    style = {
        "axes.edgecolor": rule,
        "axes.labelcolor": ink,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.size": 10,
        "text.color": colours()["ink"],
        "xtick.color": ink,
        "ytick.color": ink,
    }
    with rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    return figure, axes


def _tick(value: float, _: int | None = None) -> str:
    """A number on an axis: as few decimals as say it, and no ",0" before a word."""
    digits = next(d for d in (0, 1, 2, 3, 4) if d == 4 or abs(value - round(value, d)) < 1e-9)
    return number(value, digits).replace(",0 ", " ")


def bars(tokens: Sequence[str], probabilities: Sequence[float], title: str = "") -> Plot:
    """Probabilities of tokens as horizontal bars, in the order given, each with its exact number.

    Args: tokens: n strings; probabilities: n numbers from 0 to 1.
    """
    p = np.asarray(probabilities, dtype=float)
    if len(tokens) != len(p) or p.ndim != 1 or len(p) == 0:
        raise ValueError(
            f"bars precisa de uma probabilidade por token; vieram {len(tokens)} tokens e {p.size}."
        )
    figure, axes = _figure(6, 0.5 + 0.3 * len(p))
    rows = np.arange(len(p))
    axes.barh(rows, p, color=colours()["prob"], height=0.7)
    axes.set_yticks(rows, [_plain(visible(token)) for token in tokens], color=colours()["ink"])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.18 * max(p.max(), 1e-9))
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    for row, value in zip(rows, p, strict=True):
        look = {"va": "center", "color": colours()["ink"]}
        axes.annotate(percent(value), (value, row), (4, 0), textcoords="offset points", **look)
    best = int(p.argmax())
    axes.set_title(_plain(title), loc="left")
    return Plot(
        figure, axes, f"{_sentence(title)}Mais provável: “{visible(tokens[best])}”, {percent(p[best])}."
    )


def lines(
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    xlabel: str = "",
    ylabel: str = "",
    colour: Mapping[str, str] | None = None,
) -> Plot:
    """Curves over the same x, each named at its right end.

    Args: x: n numbers; series: name -> n numbers, NaN where there is none;
        colour: name -> a meaning of the course ("loss", "base" …).
    """
    if not series:
        raise ValueError("lines precisa de pelo menos uma série.")
    meanings = ["prob", "attn", "value", "query", "key", "instruct"]
    x = np.asarray(x, dtype=float)
    figure, axes = _figure(6.4, 3.4)
    ends, said = [], []
    for i, (name, values) in enumerate(series.items()):
        y = np.asarray(values, dtype=float)
        if y.shape != x.shape:
            raise ValueError(f"A série “{name}” tem {y.size} valores, mas x tem {x.size}.")
        tone = colours()[(colour or {}).get(name, meanings[i % len(meanings)])]
        known = np.isfinite(y)
        if not known.any():
            raise ValueError(f"A série “{name}” não tem nenhum número.")
        axes.plot(x[known], y[known], color=tone, linestyle=STYLES[i % len(STYLES)], linewidth=2)
        first, last = y[known][[0, -1]]
        ends.append((last, name, tone))
        said.append(f"{name}: de {number(first, 2)} a {number(last, 2)}")
    _name_ends(axes, x[-1], ends)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    return Plot(figure, axes, f"{_sentence(ylabel)}{'; '.join(said)}.")


def loss_curve(
    tokens: Sequence[float], training: Sequence[float], validation: Sequence[float] | None = None
) -> Plot:
    """Loss (nats per token) against tokens seen in training; validation dashed, NaN where not measured."""
    series = {"treino": training}
    if validation is not None:
        series["validação"] = validation
    tones = {"treino": "base", "validação": "loss"} if validation is not None else {"treino": "loss"}
    return lines(tokens, series, "tokens vistos no treinamento", "perda (nats por token)", tones)


def attention_map(weights: np.ndarray, tokens: Sequence[str], title: str = "") -> Plot:
    """One head's attention: row = the token that looks, column = the token looked at, ink = how much.

    Args: weights: (T, T), rows summing to 1; tokens: T strings.
    """
    weights = np.asarray(weights, dtype=float)
    T = len(tokens)
    if weights.shape != (T, T):
        raise ValueError(f"weights deveria ser ({T}, {T}), um por par de tokens, mas é {weights.shape}.")
    side = 1.2 + 0.3 * T
    figure, axes = _figure(side, side)
    rows, columns = np.nonzero(weights >= 0.005)  # fainter cells would not be seen, and the file stays small
    for row, column in zip(rows, columns, strict=True):
        shade = min(1.0, weights[row, column])
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, facecolor=colours()["attn"], alpha=shade, linewidth=0))
    names = [_plain(visible(token)) for token in tokens]
    axes.set_xticks(range(T), names, rotation=90)
    axes.set_yticks(range(T), names)
    axes.set_xlim(-0.5, T - 0.5)
    axes.set_ylim(T - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.set_xlabel("olha para")
    axes.set_ylabel("quem olha")
    axes.set_title(_plain(title), loc="left")
    row, column = np.unravel_index(weights[1:].argmax() + T if T > 1 else 0, (T, T))
    strongest = (
        f"“{visible(tokens[row])}” olha para “{visible(tokens[column])}” com {percent(weights[row, column])}"
    )
    return Plot(figure, axes, f"{_sentence(title)}O mais forte: {strongest}.")


def _name_ends(axes: Axes, x: float, ends: list[tuple[float, str, str]]) -> None:
    """Write each series' name beside its last point, pushed apart where two would overlap."""
    low, high = axes.get_ylim()
    gap, floor = 0.07 * (high - low), -np.inf
    for y, name, tone in sorted(ends):
        floor = max(y, floor + gap)
        look = {"va": "center", "color": tone, "annotation_clip": False}
        axes.annotate(_plain(name), (x, floor), (6, 0), textcoords="offset points", **look)


def _plain(text: str) -> str:
    """Text that matplotlib draws as it is: no mathematics between dollar signs."""
    return text.replace("$", r"\$")


def _sentence(title: str) -> str:
    return f"{title.rstrip('.')}. " if title else ""
