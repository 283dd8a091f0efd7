"""Time training in the page against training by torch, in one run, on the same model, text and windows.

    python -m builders.bench_page_training [--rounds 5] [--steps 20] [--browser]

The engine in WebAssembly and in plain JavaScript, in node (the V8 of Chromium), and
`llmlib.scratch.small_lm` on one torch thread. The clock is that of the processor: what else the machine does
is not counted. Rounds alternate, and the fastest of each counts. That the three make the same run is compared
first: the losses of five steps.
With --browser also in headless Chromium, in a worker as the page does it: the speed by the wall's clock, and
the longest time between two frames of the page meanwhile; both mean little on a busy machine.
Prints a Markdown table and writes build/bench-page-training.md.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = [{"layers": 2, "hidden_size": 64, "batch": 8}, {"layers": 3, "hidden_size": 128, "batch": 4}]
TITLES = {"wasm": "engine, WebAssembly", "js": "engine, plain JavaScript", "torch": "torch, one thread"}
RUN = """const clock = () => { const {user, system} = process.cpuUsage(); return (user + system) / 1e6; };
const start = clock(), answer = await ask("train", args[0]);
return {seconds: clock() - start, events: answer.events}"""
PAGE = """async ([source, params]) => {
  const worker = new Worker(URL.createObjectURL(new Blob(source)));
  let longest = 0, before = performance.now(), going = true, event;
  const frame = (now) => {
    longest = Math.max(longest, now - before);
    before = now;
    if (going) requestAnimationFrame(frame);
  };
  await new Promise(requestAnimationFrame);
  before = performance.now();
  requestAnimationFrame(frame);
  await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      event = data.event ?? event;
      if (data.result) resolve();
      if (data.error) reject(Error(data.error));
    };
    worker.postMessage({ id: 1, method: "train", params });
  });
  going = false;
  worker.terminate();
  return { longest, speed: event.speed };
}"""


def losses_of(events: list[dict]) -> list[float]:
    return [loss for event in events for loss in event.get("losses", [])]


def measure(text: str, sizes: dict, rounds: int, steps: int) -> dict[str, dict[str, float]]:
    """{competitor: {speed: characters a second, apart: of a loss from torch's, parameters}}."""
    import torch

    from llmlib.scratch.small_lm import Lesson, Recipe
    from tests.engine.node import Node

    torch.set_num_threads(1)
    recipe = {"context": 64, **sizes}
    nodes = {name: Node() for name in ("wasm", "js")}
    nodes["js"].run("LLM.trainWasm = LLM.wasm = null")
    lesson = Lesson(text, Recipe(**recipe))
    wanted = [lesson.learn()[0] for _ in range(5)]
    found = {
        name: {"speed": 0.0, "apart": 0.0, "parameters": lesson.start()["parameters"]} for name in TITLES
    }
    for name, node in nodes.items():
        done = node.run(RUN, {"text": text, "steps": 5, "every": 10**6, **recipe})
        apart = max(abs(a - b) for a, b in zip(losses_of(done["events"]), wanted, strict=True))
        if apart > 1e-3:
            raise SystemExit(f"{TITLES[name]} makes another run: its losses are off by {apart:.3g}.")
        found[name]["apart"] = apart
    for turn in range(rounds):
        print(f"{found['torch']['parameters']:,} parameters: round {turn + 1} of {rounds}", flush=True)
        for name in TITLES:
            share = steps if name != "js" else max(2, steps // 5)
            if name == "torch":
                start = time.process_time()
                for _ in range(share):
                    lesson.learn()
                seconds = time.process_time() - start
            else:  # the last event of a run samples and validates: a run of no steps does only that
                whole, rest = (nodes[name].run(RUN, {"steps": n, "every": 10**6}) for n in (share, 0))
                seconds = whole["seconds"] - rest["seconds"]
            speed = share * recipe["batch"] * recipe["context"] / seconds
            found[name]["speed"] = max(found[name]["speed"], speed)
    for node in nodes.values():
        node.close()
    return found


def in_browser(text: str, steps: int) -> dict[str, float]:
    """{longest: ms between two frames, speed: characters a second} while a worker trains SIZES[0]."""
    from llmlib import engine
    from tests.browser import launch

    page = launch().new_page()
    params = {"text": text, "steps": 5 * steps, "every": 25, "context": 64, **SIZES[0]}
    source = [engine.source(), engine.train_source()]
    runs = [page.evaluate(PAGE, [source, params]) for _ in range(3)]
    page.close()
    return {"longest": min(r["longest"] for r in runs), "speed": max(r["speed"] for r in runs)}


def report(found: list[dict], browser: dict[str, float] | None) -> str:
    """The table in Markdown."""
    lines = [
        "# Training in the page",
        "",
        "Characters (tokens) a second of one processor, fastest round; × is the speed divided by torch's.",
        "",
        "| parameters | " + " | ".join(TITLES.values()) + " | losses apart |",
        "|--:|" + "--:|" * (len(TITLES) + 1),
    ]
    for rows in found:
        cells = [f"{r['speed']:,.0f} (× {r['speed'] / rows['torch']['speed']:.2f})" for r in rows.values()]
        apart = max(r["apart"] for r in rows.values())
        lines.append(f"| {rows['torch']['parameters']:,} | {' | '.join(cells)} | {apart:.1e} |")
    if browser:
        lines += [
            "",
            f"In Chromium, by the wall's clock: {browser['speed']:,.0f} characters a second; longest time "
            f"between two frames of the page: {browser['longest']:.0f} ms.",
        ]
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None, say: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m builders.bench_page_training", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each competitor runs")
    parser.add_argument("--steps", type=int, default=20, help="steps of one round")
    parser.add_argument("--browser", action="store_true", help="also in Chromium, by the wall's clock")
    args = parser.parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from llmlib.widgets.train_lm import slice_of

    text = slice_of("historias")
    found = [measure(text, sizes, args.rounds, args.steps) for sizes in SIZES]
    result = report(found, in_browser(text, args.steps) if args.browser else None)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench-page-training.md").write_text(result, encoding="utf-8")
    say(result)


if __name__ == "__main__":
    main()
