"""Time training in the page against training by torch, in one run, on the same model, text and windows.

    python -m builders.bench_page_training [--rounds 5] [--steps 30]

In headless Chromium, in a worker, as the page does it: the engine in WebAssembly and in plain JavaScript. In
this process: `llmlib.scratch.small_lm` on one torch thread. Rounds alternate, and the fastest round of each
counts: other work on the machine only ever adds time. That the three make the same run is compared first: the
losses of the first steps. Also measured: the longest time between two frames of a page whose worker trains.
Prints a Markdown table and writes build/bench-page-training.md.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = {"about 100 thousand": {}, "about 500 thousand": {"layers": 3, "hidden_size": 128, "batch": 4}}
TITLES = {"wasm": "engine, WebAssembly", "js": "engine, plain JavaScript", "torch": "torch, one thread"}
PAGE = """(sources) => {
  const calls = new Map();
  let last = 0;
  globalThis.ask = Object.fromEntries(Object.entries(sources).map(([name, source]) => {
    const worker = new Worker(URL.createObjectURL(new Blob(source)));
    worker.onmessage = ({ data: { id, event, result, error } }) => {
      const call = calls.get(id);
      if (event) return call.events.push(event);
      error === undefined ? call.resolve(call.events) : call.reject(Error(error));
    };
    return [name, (method, params) => new Promise((resolve, reject) => {
      calls.set(++last, { resolve, reject, events: [] });
      worker.postMessage({ id: last, method, params });
    })];
  }));
}"""
FRAMES = """async ([name, params]) => {
  let longest = 0, before = performance.now(), going = true;
  const frame = (now) => {
    longest = Math.max(longest, now - before);
    before = now;
    if (going) requestAnimationFrame(frame);
  };
  requestAnimationFrame((now) => { before = now; frame(now); });
  await ask[name]("train", params);
  going = false;
  return longest;
}"""


def losses_of(events: list[dict]) -> list[float]:
    return [loss for event in events for loss in event.get("losses", [])]


def speed(events: list[dict], recipe: dict, seconds: float) -> float:
    """Characters a second over the run that `events` tell."""
    return len(losses_of(events)) * recipe["batch"] * recipe["context"] / seconds


def measure(rounds: int, steps: int) -> dict[str, dict[str, dict[str, float]]]:
    """{size: {competitor: {speed, apart, parameters}}, "frames": …}; characters a second, fastest round."""
    import time

    import torch

    from llmlib import engine
    from llmlib.scratch.small_lm import Lesson, Recipe
    from llmlib.widgets.train_lm import slice_of
    from tests.browser import launch

    torch.set_num_threads(1)
    text, page = slice_of("historias"), launch().new_page()
    sources = [engine.source(), engine.train_source()]
    page.evaluate(PAGE, {"wasm": sources, "js": [*sources, "LLM.trainWasm = LLM.wasm = null;"]})
    timed = """async ([name, params]) => {
      const start = performance.now(), events = await ask[name]("train", params);
      return [events, (performance.now() - start) / 1000];
    }"""
    found: dict = {}
    for size, changes in SIZES.items():
        recipe = {"batch": 8, "context": 64, **changes}
        rows = found[size] = {name: {"speed": 0.0} for name in TITLES}
        lesson = Lesson(text, Recipe(**recipe))
        first = {"torch": [lesson.learn()[0] for _ in range(5)]}
        for name in ("wasm", "js"):
            events = page.evaluate(
                "([name, params]) => ask[name]('train', params)",
                [name, {"run": size, "text": text, "steps": 5, "every": 10**6, **recipe}],
            )
            first[name] = losses_of(events)
            rows[name]["parameters"] = events[0]["start"]["parameters"]
        for name in TITLES:
            apart = max(abs(a - b) for a, b in zip(first[name], first["torch"], strict=True))
            if apart > 1e-3:
                raise SystemExit(f"{TITLES[name]} makes another run: its losses are off by {apart:.3g}.")
            rows[name]["apart"] = apart
        for turn in range(rounds):
            print(f"{size} parameters: round {turn + 1} of {rounds}", flush=True)
            for name in ("wasm", "js"):
                share = steps if name == "wasm" else max(2, steps // 5)
                params = {"run": size, "steps": share, "every": 10**6}
                events, seconds = page.evaluate(timed, [name, params])
                rows[name]["speed"] = max(rows[name]["speed"], speed(events, recipe, seconds))
            start = time.perf_counter()
            for _ in range(steps):
                lesson.learn()
            rate = steps * recipe["batch"] * recipe["context"] / (time.perf_counter() - start)
            rows["torch"]["speed"] = max(rows["torch"]["speed"], rate)
    whole = {"run": "quadros", "text": text, "steps": 3 * steps, "every": 25}
    found["frames"] = min(page.evaluate(FRAMES, ["wasm", whole]) for _ in range(3))
    page.close()
    return found


def report(found: dict) -> str:
    """The table in Markdown."""
    lines = [
        "# Training in the page",
        "",
        "Characters (tokens) a second, fastest round; × is the speed divided by torch's in the same run.",
        "",
        "| parameters | " + " | ".join(TITLES.values()) + " | losses apart |",
        "|---|" + "--:|" * (len(TITLES) + 1),
    ]
    for size in SIZES:
        rows = found[size]
        cells = [f"{r['speed']:,.0f} (× {r['speed'] / rows['torch']['speed']:.2f})" for r in rows.values()]
        apart = max(r["apart"] for r in rows.values())
        lines.append(f"| {rows['wasm']['parameters']:,} | {' | '.join(cells)} | {apart:.1e} |")
    lines += [
        "",
        f"Longest time between two frames of the page while the worker trains: {found['frames']:.0f} ms.",
    ]
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None, say: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m builders.bench_page_training", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each competitor runs")
    parser.add_argument("--steps", type=int, default=30, help="steps of one round")
    args = parser.parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    found = measure(args.rounds, args.steps)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench-page-training.md").write_text(report(found), encoding="utf-8")
    (ROOT / "build" / "bench-page-training.json").write_text(json.dumps(found), encoding="utf-8")
    say(report(found))


if __name__ == "__main__":
    main()
