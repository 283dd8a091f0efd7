"""The engine's forward pass against torch, in WebAssembly and in plain JavaScript, on awkward sizes."""

import numpy as np
import pytest

from tests.engine.node import EngineError
from tests.engine.pages import CONFIGS, eager, page_file, random_model

EMPTY = {"tokens": [], "merges": [], "special": {}}
# A model from a page file; the second argument says whether it may use WebAssembly.
LOAD = """LLM.make = (file, code) => new LLM.Model(file, LLM.bytes(file.weights), code);
LLM.testing = LLM.make(args[0], args[1] && LLM.bytes(LLM.wasm));
return LLM.testing.kernel.name"""


@pytest.fixture(scope="module", params=["wasm", "js"])
def host(request):
    return request.param


def load(node, host, case, kind="f32"):
    """The torch model of a case; the same one is in the engine, which computes as `host`."""
    model = random_model(CONFIGS[case], seed=case)
    assert node.run(LOAD, page_file(model, EMPTY, kind), host == "wasm") == host
    return model


def some_ids(case: int, length: int) -> list[int]:
    return np.random.default_rng(case).integers(0, CONFIGS[case]["vocab_size"], length).tolist()


def close(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Within 1e-5 of the largest value."""
    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("case", range(len(CONFIGS)))
def test_logits_and_attentions_agree_with_torch(node, host, case):
    model = load(node, host, case)
    context = CONFIGS[case]["max_position_embeddings"]
    for length in sorted({1, 2, 3, 5, 17, context - 1, context}):
        ids = some_ids(case, length)
        logits, maps, _ = eager(model, ids)
        ours = node.run(
            """const maps = [];
            const hook = (name, array) => name.endsWith(".attn") && maps.push(...array);
            const logits = LLM.testing.forward(args[0], {hook, all: true});
            return {logits, maps: Float32Array.from(maps)}""",
            ids,
        )
        close(ours["logits"], logits)
        close(ours["maps"], maps)
        close(node.run("return LLM.testing.forward(args[0])", ids), logits[-1])


def test_every_activation_agrees_with_torch(node, host):
    model, ids = load(node, host, 0), some_ids(0, 13)
    seen = {}
    for name, module in model.model.named_modules():
        if not list(module.children()) and name and "rotary" not in name and "act_fn" not in name:
            module.register_forward_hook(lambda m, i, out, name=name: seen.update({name: out[0].numpy()}))
    eager(model, ids)
    ours = node.run(
        """const all = {};
        const hook = (name, array, shape) => { all[name] = {shape, values: array.slice()}; };
        LLM.testing.forward(args[0], {hook});
        return all""",
        ids,
    )
    for name, theirs in seen.items():
        # q_norm is (T, H, D) in torch and (T * H, D) here; the numbers lie in the same order
        assert int(np.prod(ours[name]["shape"])) == theirs.size, name
        close(ours[name]["values"], theirs)
    extra = {"q", "k", "attn", "z"}
    assert {f"layers.{layer}.self_attn.{n}" for layer in range(3) for n in extra} <= ours.keys()
    assert {f"layers.{layer}.{n}" for layer in range(3) for n in ("mlp.act", "resid")} <= ours.keys()
    assert ours["layers.2.self_attn.attn"]["shape"] == [4, 13, 13]


@pytest.mark.parametrize("case", range(len(CONFIGS)))
def test_int8_is_widened_row_by_row(node, host, case):
    import torch

    from builders.page import quantize, widen

    model, ids = load(node, host, case, "i8"), some_ids(case, 11)
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim == 2:
                p.copy_(torch.from_numpy(widen(*quantize(p.numpy()))))
    close(node.run("return LLM.testing.forward(args[0])", ids), eager(model, ids)[0][-1])


def test_an_untied_head_is_used(node, host):
    import torch

    model, ids = random_model(CONFIGS[0], seed=4), some_ids(0, 7)
    head = torch.randn(CONFIGS[0]["vocab_size"], CONFIGS[0]["hidden_size"])
    file = page_file(model, EMPTY, extra={"lm_head.weight": head})
    node.run(LOAD, file, host == "wasm")
    hidden = eager(model, ids)[2][-1, -1]
    close(node.run("return LLM.testing.forward(args[0])", ids), head.numpy() @ hidden)


@pytest.mark.parametrize("case", [0, 1, 3])
def test_cached_equals_uncached_whatever_changes(node, host, case):
    """Typing on, correcting in the middle, deleting, starting over: the cache never shows."""
    load(node, host, case)
    rng, vocab = np.random.default_rng(3), CONFIGS[case]["vocab_size"]
    ids = some_ids(case, 6)
    for _ in range(40):
        edit = rng.integers(0, 5)
        if edit == 0 and len(ids) > 1:
            ids = ids[: int(rng.integers(1, len(ids)))]
        elif edit == 1:
            ids[int(rng.integers(0, len(ids)))] = int(rng.integers(0, vocab))
        elif edit == 2:
            ids = some_ids(case, int(rng.integers(1, 15)))
        ids = (ids + rng.integers(0, vocab, rng.integers(0, 3)).tolist())[:19]
        cached, fresh = node.run(
            """const cached = LLM.testing.forward(args[0]);
            const all = LLM.testing.forward(args[0], {all: true});
            return [cached, all.slice(-cached.length)]""",
            ids,
        )
        close(cached, fresh)


def test_the_cache_is_really_used(node, host):
    load(node, host, 2)
    rows = node.run(
        """const {kernel} = LLM.testing, rows = [], {matmul} = kernel;
        kernel.matmul = (out, x, w, T, ...rest) => { rows.push(T); matmul(out, x, w, T, ...rest); };
        for (const ids of [[5, 6, 7, 8], [5, 6, 7, 8, 9], [5, 6, 1, 2], [5, 6, 1, 2]]) {
          rows.push(-1);
          LLM.testing.forward(ids);
        }
        return rows""",
    )
    calls = " ".join(map(str, rows)).split("-1")[1:]
    assert [call.split()[0] for call in calls] == ["4", "1", "2", "1"]


def test_a_hook_changes_what_follows_and_leaves_no_trace_in_the_cache(node, host):
    load(node, host, 0)
    ids = some_ids(0, 9)
    plain, changed, after = node.run(
        """const [ids] = args, plain = LLM.testing.forward(ids);
        const hook = (name, array, [heads, T, S]) => {
          if (name === "layers.1.self_attn.attn") array.fill(0, 2 * T * S, 3 * T * S); // head 2 is cut out
        };
        return [plain, LLM.testing.forward(ids, {hook}), LLM.testing.forward(ids)]""",
        ids,
    )
    close(after, plain)
    assert np.abs(changed - plain).max() > 0.1

    # the authority: torch with that head's part of o_proj set to zero
    model = random_model(CONFIGS[0], seed=0)
    size = CONFIGS[0]["head_dim"]
    model.model.layers[1].self_attn.o_proj.weight.data[:, 2 * size : 3 * size] = 0
    close(changed, eager(model, ids)[0][-1])


def test_a_hook_that_replaces_the_embeddings_replaces_the_input(node, host):
    load(node, host, 0)
    ids, others = some_ids(0, 5), some_ids(1, 5)
    swapped, wanted = node.run(
        """const [ids, others, D] = args, embed = LLM.testing.arrays["model.embed_tokens.weight"];
        const hook = (name, array) => {
          if (name !== "embed_tokens") return;
          others.forEach((id, t) => array.set(embed.subarray(id * D, id * D + D), t * D));
        };
        return [LLM.testing.forward(ids, {hook}), LLM.testing.forward(others)]""",
        ids,
        others,
        CONFIGS[0]["hidden_size"],
    )
    close(swapped, wanted)


def test_both_hosts_give_the_same_numbers(node):
    ids, logits = some_ids(2, 40), {}
    for host in ("wasm", "js"):
        load(node, host, 2)
        logits[host] = node.run("return LLM.testing.forward(args[0], {all: true})", ids)
    close(logits["js"], logits["wasm"])
    assert not np.array_equal(logits["js"], logits["wasm"])  # they are two programs


def test_without_wasm_simd_it_falls_back(node):
    """Bytes that this host refuses, as one without SIMD refuses kernels.wasm, select plain JavaScript."""
    load(node, "wasm", 0)
    file = page_file(random_model(CONFIGS[0], 0), EMPTY)
    assert (
        node.run("return LLM.make(args[0], new Uint8Array([0, 97, 115, 109, 9])).kernel.name", file) == "js"
    )
    assert node.run("return LLM.make(args[0], null).kernel.name", file) == "js"
    name = """const kept = globalThis.WebAssembly;
        try { delete globalThis.WebAssembly; return LLM.make(args[0], LLM.bytes(LLM.wasm)).kernel.name }
        finally { globalThis.WebAssembly = kept }"""
    assert node.run(name, file) == "js"


@pytest.mark.parametrize(
    "ids",
    [[], [1] * 20, [3, 301], [-1], [1.5], [None]],
    ids=["none", "too many", "too large", "negative", "half", "null"],
)
def test_wrong_ids_are_refused_in_a_sentence(node, ids):
    load(node, "js", 0)
    with pytest.raises(EngineError, match=r"Este modelo lê de 1 a 19 tokens, com números de 0 a 300\."):
        node.run("return LLM.testing.forward(args[0])", ids)
