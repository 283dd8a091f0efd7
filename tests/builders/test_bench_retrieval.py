"""The bench by size: what it reads out of the points, and one real small measurement."""

import json
from importlib.util import find_spec

import pytest

from builders import bench_retrieval as bench


def power(factor: float, exponent: float, sizes=(1000, 10_000, 100_000)) -> list[tuple[int, float]]:
    return [(size, factor * size**exponent) for size in sizes]


def test_the_slope_is_that_of_the_points():
    factor, exponent = bench.fitted(power(3e-4, 1.2))
    assert (factor, exponent) == pytest.approx((3e-4, 1.2))
    assert bench.fitted([(1000, 1.0)]) is None
    fixed = [(100, 5.0), (1000, 5.0), (10_000, 50.0)]  # a fixed cost hides the slope of the small ones
    assert bench.last_power(fixed)[1] == pytest.approx(1)


def test_where_a_limit_is_reached():
    line = power(1e-3, 1)
    assert bench.reached(line, 50) == pytest.approx(50_000)  # between two points
    assert bench.reached(line, 1000) == pytest.approx(1e6)  # beyond the last
    assert bench.reached([(1000, 2.0), (10_000, 2.0)], 50) is None
    assert bench.reached([(1000, 2.0)], 50) is None


def test_what_an_index_should_take_follows_from_the_largest_measured():
    rows = [{"way": "numpy", "size": size, "index_s": s} for size, s in ((1000, 0.013), (10_000, 0.01))]
    assert bench.expected(rows, "numpy", 100_000) == pytest.approx(0.1)  # fixed costs are no reason to stop
    rows.append({"way": "numpy", "size": 100_000, "index_s": 1.0})
    assert bench.expected(rows, "numpy", 1_000_000) == pytest.approx(100)  # n²
    assert bench.expected(rows, "bm25", 1000) == 0


def test_what_would_take_too_long_is_not_tried_and_what_is_there_is_kept(tmp_path, monkeypatch):
    asked = []

    def run(command, **options):
        way, size = command[-1].split(":")
        asked.append((way, int(size)))
        row = {
            "way": way,
            "size": int(size),
            "index_s": int(size) / 1000,
            "query_ms": int(size) / 100,
            "mb": 1.0,
        }
        failed = way == "bm25"
        said = "Traceback\nMemoryError" if failed else ""
        return type("Done", (), {"returncode": int(failed), "stdout": json.dumps(row) + "\n", "stderr": said})

    monkeypatch.setattr(bench.subprocess, "run", run)
    out = tmp_path / "found.json"
    *_, found = bench.run([1000, 10_000, 100_000], ["numpy", "bm25"], out, patience=50)
    assert ("numpy", 10_000) in asked
    assert ("numpy", 100_000) not in asked  # 100 s
    said = {(row["way"], row["size"]): row.get("skipped", "") for row in found["rows"]}
    assert said["numpy", 100_000] == "not tried: about 100 s"
    assert said["bm25", 1000] == "MemoryError"
    assert found["ways"]["numpy"]["query_ms_power"] == 1
    assert found["ways"]["numpy"]["size_at_50_ms"] == pytest.approx(5000)
    text = bench.table(found)
    assert "| numpy | 1,000 | 1 s | 10 ms | 1 MB |  |" in text
    assert "| numpy | n^1.0 | n^1.0 | 5,000 |  |" in text
    asked.clear()
    assert list(bench.run([1000, 10_000], ["numpy"], out, patience=50)) == []
    assert not asked


@pytest.mark.parametrize("way", ["numpy", "bm25s", "bm25", "qdrant-memory", "qdrant-engine"])
def test_a_way_finds_what_is_nearest(way, monkeypatch):
    if way == "qdrant-engine" and not find_spec("qdrant_edge"):
        pytest.skip("qdrant-edge-py is not installed")
    monkeypatch.setattr(
        bench, "texts", lambda count, length=60, seed=0: TEXTS[:count] if length == 60 else ASKED
    )
    monkeypatch.setattr(bench, "QUERIES", 4)
    row = bench.measure(way, 300)
    assert row["index_s"] > 0 < row["query_ms"]
    assert row.get("recall", 1) > 0.9  # so few are compared one by one


TEXTS = [[f"p{i % 17}", f"q{i % 5}", f"r{i}"] for i in range(300)]
ASKED = [["p3", "q2", "nada"], ["r7"], ["p1"], ["q4", "r30"]]
