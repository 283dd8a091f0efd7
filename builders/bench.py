"""Time the engine against onnxruntime-web and transformers, in one run, with the same weights; and training.

    python -m builders.bench [--model mini-base] [--rounds 7] [--part engine]

In headless Chromium: the engine in WebAssembly and in plain JavaScript, its worker, and onnxruntime-web
(from npm, by lock file). In this process: transformers on one torch thread. All have the page's int8
weights, widened, and their logits are compared before anything is timed. Rounds alternate between the
competitors, and the best call of all counts: other work on the machine only ever adds time. If the site is
built (build/html), also how long its first figure takes, and the answer to new text. Then our training loop
against others (`builders.bench_training`). Prints Markdown tables and writes build/bench.md.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import logging
import mimetypes
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from builders import bench_training
from builders.page import cached
from llmlib import engine

ROOT = Path(__file__).parents[1]
WEB, BUILD, SITE = ROOT / "builders" / "bench_web", ROOT / "build" / "bench", ROOT / "build" / "html"
HOST = "http://bench.localhost/"
NEW = 96  # tokens generated after a prompt of 32
TITLES = {
    "wasm": "our engine, WebAssembly",
    "js": "our engine, plain JavaScript",
    "worker": "our engine through its worker (top 10, sampling, messages)",
    "onnx": "onnxruntime-web 1.30",
    "torch": "transformers, torch, one thread",
}


def page_object(folder: Path) -> dict:
    """The object that the model's page file assigns."""
    text = cached(folder).read_text(encoding="utf-8")
    return json.loads(text.split("] = ", 1)[1].strip().removesuffix(";"))


def export_onnx(folder: Path, path: Path) -> None:
    """Graph: ids (1, T), keys and values (1, K, P, E) a layer -> logits (1, V) of the last, longer caches."""
    import torch

    from builders.page import quantized_state
    from llmlib.scratch.attention import rotary_angles
    from llmlib.scratch.kv_cache import KVCache
    from llmlib.scratch.transformer import Transformer

    model = Transformer.from_folder(folder)
    model.load_state_dict(quantized_state(folder), strict=False)

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lm = model

        def forward(
            self, ids, past
        ):  # the loop of Transformer.forward, the length of the cache being symbolic
            cache, lm = KVCache(), self.lm
            cache.layers = list(zip(past[::2], past[1::2], strict=True))
            positions = past[0].shape[2] + torch.arange(ids.shape[1])  # (T,)
            angles = rotary_angles(positions, lm.config.head_dim, lm.config.rope_theta)
            x = lm.model.embed_tokens(ids)  # (1, T, D)
            for layer in lm.model.layers:
                x, _ = layer(x, *angles, cache)
            return lm.lm_head(lm.model.norm(x[:, -1])), *(t for pair in cache.layers for t in pair)

    c = model.config
    past = [torch.zeros(1, c.num_key_value_heads, 3, c.head_dim) for _ in range(2 * c.num_hidden_layers)]
    dynamic = torch.export.Dim.DYNAMIC
    program = torch.onnx.export(
        Graph().eval(),
        (torch.ones(1, 4, dtype=torch.int64), past),
        dynamic_shapes=({1: dynamic}, [{2: dynamic}] * len(past)),
        dynamo=True,
        verbose=False,
    )
    program.save(str(path))


def prepare(folder: Path) -> None:
    """Everything the browser asks for, in build/bench."""
    from book import frontend

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of a library that is not needed
    BUILD.mkdir(parents=True, exist_ok=True)
    frontend.install(WEB, BUILD)
    shutil.copy(WEB / "bench.js", BUILD / "bench.js")
    (BUILD / "engine.js").write_text(engine.source(), encoding="utf-8")
    (BUILD / "page.json").write_text(json.dumps(page_object(folder)), encoding="utf-8")
    shutil.copy(folder / "config.json", BUILD / "config.json")
    print("Writing the ONNX graph", flush=True)
    export_onnx(folder, BUILD / "model.onnx")


def open_page(browser):
    """A page that gets build/bench as its host, without a server."""

    def answer(route):
        name = route.request.url.removeprefix(HOST).replace("ort/", "node_modules/onnxruntime-web/dist/")
        if not name:
            return route.fulfill(
                body="<!doctype html><script src=bench.js></script>", content_type="text/html"
            )
        kind = "text/javascript" if name.endswith((".mjs", ".js")) else mimetypes.guess_type(name)[0]
        return route.fulfill(path=BUILD / name, content_type=kind or "application/octet-stream")

    page = browser.new_page()
    page.on("pageerror", lambda error: print(f"browser: {error}", flush=True))
    page.route(f"{HOST}**", answer)
    page.goto(HOST)
    return page


class Torch:
    """transformers, with the page's weights, on one thread."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        from builders.page import quantized_state

        torch.set_num_threads(1)
        self.torch = torch
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.model.load_state_dict(quantized_state(folder), strict=False)

    def forward(self, ids: list[int], past: object = None) -> object:
        with self.torch.inference_mode():
            ids = self.torch.tensor([ids])
            return self.model(ids, past_key_values=past, use_cache=True, logits_to_keep=1)

    def generate(self, ids: list[int], n: int) -> None:
        past = None
        for _ in range(n):
            out = self.forward(ids, past)
            past, ids = out.past_key_values, [int(out.logits[0, -1].argmax())]

    def time(self, method: str, args: list, times: int) -> float:
        best = float("inf")
        for _ in range(times):
            start = time.perf_counter()
            getattr(self, method)(*args)
            best = min(best, time.perf_counter() - start)
        return best * 1000


def compare(page, torch: Torch, ids: list[int]) -> dict[str, float]:
    """How far each competitor's logits are from torch's. Stops if one computes something else."""
    theirs = torch.forward(ids).logits[0, -1].numpy()
    apart = {}
    for name in ("wasm", "js", "onnx"):
        ours = page.evaluate("async ([n, ids]) => [...(await (await get(n)).forward(ids))]", [name, ids])
        apart[name] = float(np.abs(np.array(ours) - theirs).max())
        if apart[name] > 1e-3:
            raise SystemExit(
                f"{TITLES[name]} computes something else: its logits are off by {apart[name]:.3g}."
            )
    return apart


def measure(page, torch: Torch, rounds: int, vocabulary: int) -> dict[str, dict[str, float]]:
    """Best time in ms of each task for each competitor: forward 32, forward 128, one generated token."""
    rng = np.random.default_rng(0)
    ids = {n: [0, *rng.integers(4, vocabulary, n - 1).tolist()] for n in (32, 128)}
    apart = compare(page, torch, ids[32])
    tasks = {"f32": ("forward", [ids[32]], 30), "f128": ("forward", [ids[128]], 10)}
    tasks["tok"] = ("generate", [ids[32], NEW], 3)
    best: dict[str, dict[str, float]] = {name: {"apart": apart.get(name, 0.0)} for name in TITLES}
    for turn in range(rounds):
        print(f"Round {turn + 1} of {rounds}", flush=True)
        for name in TITLES:
            for task, (method, args, times) in tasks.items():
                times = max(1, times // 5) if name == "js" else times
                if name == "torch":
                    ms = torch.time(method, args, times)
                else:
                    ms = page.evaluate("([...a]) => time(...a)", [name, method, args, times])
                ms = ms / NEW if task == "tok" else ms
                best[name][task] = min(ms, best[name].get(task, ms))
    return best


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        pass


def site_times(browser) -> dict[str, float] | None:
    """Median ms of the built site: first figure of a cold page, answer to new text. None without a site."""
    start = next(
        (path for path in (SITE / "chapters/intro.html", SITE / "index.html") if path.exists()), None
    )
    if start is None:
        return None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = '[data-widget="next-token"]'
    figure, answer = [], []
    try:
        for _ in range(5):
            context = browser.new_context()  # an empty cache each time
            page = context.new_page()
            page.add_init_script(
                f"""const watch = () => document.querySelector('{root} textarea[name=text]')
                  ? (window.figureAt = performance.now()) : requestAnimationFrame(watch);
                requestAnimationFrame(watch);"""
            )
            page.goto(f"http://127.0.0.1:{server.server_port}/{start.relative_to(SITE)}")
            page.wait_for_function("window.figureAt")
            figure.append(page.evaluate("window.figureAt"))
            text = "Era uma vez uma menina que morava perto do rio. Um dia ela viu um gato"
            page.fill(f"{root} textarea[name=text]", text)
            page.wait_for_selector(f'{root}[data-state="live"]', timeout=60_000)
            page.wait_for_timeout(500)
            for word in (" e", " o", " gato", " quis", " água", " fria"):
                answer.append(
                    page.evaluate(
                        """([root, word]) => new Promise((resolve) => {
                          const el = document.querySelector(root), best = el.querySelector(".llm-best");
                          const text = el.querySelector("textarea[name=text]"), start = performance.now();
                          const seen = new MutationObserver(() => requestAnimationFrame(() => {
                            seen.disconnect();
                            resolve(performance.now() - start);
                          }));
                          seen.observe(best, {childList: true, subtree: true, characterData: true});
                          text.value += word;
                          text.dispatchEvent(new Event("input", {bubbles: true}));
                        })""",
                        [root, word],
                    )
                )
            context.close()
    finally:
        server.shutdown()
    return {"figure": float(np.median(figure)), "answer": float(np.median(answer))}


def report(name: str, best: dict, site: dict | None) -> str:
    """The table in Markdown."""
    ours = best["wasm"]
    lines = [
        f"# Speed of the engine ({name})",
        "",
        "Best call; × is how many times slower than our engine in WebAssembly. Same weights, same run.",
        "",
        "| | forward 32 tokens | forward 128 tokens | generation, KV cache | logits off torch's by |",
        "|---|--:|--:|--:|--:|",
    ]
    for key, title in TITLES.items():
        row = best[key]
        cells = [f"{row[t]:.1f} ms (× {row[t] / ours[t]:.1f})" for t in ("f32", "f128")]
        cells.append(f"{1000 / row['tok']:,.0f} tokens/s (× {row['tok'] / ours['tok']:.1f})")
        cells.append(f"{row['apart']:.1e}" if row["apart"] else "–")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    dist = BUILD / "node_modules" / "onnxruntime-web" / "dist"
    onnx = sum((dist / n).stat().st_size for n in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.wasm"))
    graph = (BUILD / "model.onnx").stat().st_size
    lines += [
        "",
        f"Shipped: our engine {engine.size():,} bytes, onnxruntime-web {onnx:,} bytes "
        f"(its graph with weights: {graph:,}).",
    ]
    if site:
        lines += [
            "",
            f"Built site on loopback (median): first figure {site['figure']:.0f} ms after a cold start; "
            f"new distribution {site['answer']:.0f} ms after typing.",
        ]
    return "\n".join(lines) + "\n"


def engine_report(folder: Path, rounds: int) -> str:
    """Time the engine and its competitors on the model in `folder`."""
    if not (folder / "model.safetensors").exists():
        raise SystemExit(f"There is no model in {folder}: name a folder of data/models")
    from tests.browser import launch

    prepare(folder)
    browser = launch()
    vocabulary = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    best = measure(open_page(browser), Torch(folder), rounds, vocabulary)
    return report(folder.name, best, site_times(browser))


def main(argv: list[str] | None = None, say: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(prog="python -m builders.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="mini-base", help="a folder of data/models")
    parser.add_argument("--rounds", type=int, default=7, help="how often each competitor runs (training: 3)")
    parser.add_argument("--part", choices=["all", "engine", "training"], default="all")
    args = parser.parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    texts = []
    if args.part != "training":
        texts.append(engine_report(ROOT / "data" / "models" / args.model, args.rounds))
    if args.part != "engine":
        device = "cuda" if bench_training.torch.cuda.is_available() else "cpu"
        texts.append(bench_training.run(min(args.rounds, 3), 6, device, compiled=False))
    text = "\n".join(texts)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench.md").write_text(text, encoding="utf-8")
    say(text)


if __name__ == "__main__":
    main()
