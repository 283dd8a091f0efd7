"""kernels.wasm alone, in wasmtime: no JavaScript between. And it is what kernels.c compiles to."""

import numpy as np
import pytest
import wasmtime

from builders.kernels import NAMES, compile_kernels, wasm

PAGE = 65536


class Kernel:
    """Arrays lie above the stack page, one after the other, at addresses that are not multiples of 16."""

    def __init__(self) -> None:
        self.store = wasmtime.Store()
        self.memory = wasmtime.Memory(self.store, wasmtime.MemoryType(wasmtime.Limits(64, None)))
        module = wasmtime.Module(self.store.engine, wasm("kernels").read_bytes())
        assert [(i.module, i.name) for i in module.imports] == [("env", "memory")]
        self.exports = wasmtime.Instance(self.store, module, [self.memory]).exports(self.store)
        self.at = PAGE

    def place(self, array: np.ndarray) -> int:
        data, address = np.ascontiguousarray(array, "<f4").tobytes(), self.at
        self.memory.write(self.store, data, address)
        self.at += len(data) + 4
        return address

    def call(self, name: str, out: tuple[int, ...], *args: int) -> np.ndarray:
        """Run `name` with room for `out` as its first argument; what follows must stay as it was."""
        address = self.place(np.full(int(np.prod(out)) + 3, 77.0))
        self.exports[name](self.store, address, *args)
        raw = self.memory.read(self.store, address, address + 4 * (int(np.prod(out)) + 3))
        values = np.frombuffer(raw, "<f4")
        assert (values[-3:] == 77).all(), "the kernel wrote past its array"
        return values[:-3].reshape(out)


@pytest.fixture
def kernel():
    return Kernel()


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 1, shape).astype("f4")


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
@pytest.mark.parametrize("inner", [1, 3, 4, 6, 33, 192])
@pytest.mark.parametrize("columns", [1, 3, 4, 5, 8, 11])
def test_matmul(kernel, rows, inner, columns):
    x, w = numbers(rows, inner), numbers(columns, inner)
    out = kernel.call(
        "matmul", (rows, columns), kernel.place(x), kernel.place(w), rows, inner, columns, inner
    )
    np.testing.assert_allclose(out, x.astype("f8") @ w.T.astype("f8"), atol=1e-5)


@pytest.mark.parametrize(
    ("new", "past", "heads", "group", "size"),
    [(1, 0, 2, 1, 4), (5, 0, 6, 3, 10), (1, 8, 4, 2, 7), (3, 6, 4, 4, 32)],
)
def test_attend_and_mix(kernel, new, past, heads, group, size):
    total, kv = new + past, heads // group
    q, k, v = numbers(new, heads, size), numbers(total, kv, size), numbers(total, kv, size) * 3
    sizes = (new, total, heads, group, size)
    attn = kernel.call("attend", (heads, new, total), kernel.place(q * 4), kernel.place(k), *sizes)

    wide = np.repeat(k, group, axis=1).astype("f8")  # (S, H, D)
    scores = np.einsum("thd,shd->hts", q.astype("f8") * 4, wide) / np.sqrt(size)
    scores[:, np.arange(total)[None, :] > past + np.arange(new)[:, None]] = -np.inf
    wanted = np.exp(scores - scores.max(-1, keepdims=True))
    wanted /= wanted.sum(-1, keepdims=True)
    np.testing.assert_allclose(attn, wanted, atol=2e-6)
    assert (attn[wanted == 0] == 0).all()

    out = kernel.call("mix", (new, heads, size), kernel.place(attn), kernel.place(v), *sizes)
    np.testing.assert_allclose(out, np.einsum("hts,shd->thd", wanted, np.repeat(v, group, axis=1)), atol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 4, 6, 111])
def test_swiglu_from_the_smallest_to_the_largest(kernel, size):
    gate, up = np.linspace(-120, 120, size, dtype="f4") if size > 1 else np.float32([0.3]), numbers(size)
    address = kernel.place(gate)
    kernel.exports["swiglu"](kernel.store, address, kernel.place(up), size)
    ours = np.frombuffer(kernel.memory.read(kernel.store, address, address + 4 * size), "<f4")
    wide = gate.astype("f8")
    np.testing.assert_allclose(ours, wide / (1 + np.exp(-wide)) * up, rtol=3e-6, atol=1e-30)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_kernel_is_the_compiled_source(name):
    assert wasm(name).read_bytes() == compile_kernels(name), "run python -m builders.kernels"
