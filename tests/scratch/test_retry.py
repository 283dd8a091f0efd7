"""retry: the waits lie where the rule says, the caller gets through or the last error, crowds behave."""

from __future__ import annotations

import pytest

from llmlib.scratch.retry import RULES, patient, simulate, tally, wait, waits


def test_waits_double_up_to_the_most_and_are_drawn_below() -> None:
    assert [wait("exponencial", n, 0.5, 3, 0.9) for n in range(5)] == [0.5, 1, 2, 3, 3]
    assert [wait("fixa", n, 0.5, 3, 0.9) for n in range(3)] == [0.5] * 3
    assert [wait("já", n, 0.5, 3, 0.9) for n in range(3)] == [0.0] * 3
    assert wait("sorteada", 2, 0.5, 3, 0.25) == 0.5
    assert list(waits(1, 8, 4, draw=lambda: 0.5)) == [0.5, 1, 2]


class Busy(Exception):
    retry_after = 0.0


def failing(times: int, error: Exception):
    left = [times]

    def call() -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return "pronto"

    return call


def test_the_patient_caller_gets_through() -> None:
    slept = []
    answer = patient(failing(4, Busy()), lambda e: isinstance(e, Busy), tries=6, sleep=slept.append)
    assert answer == "pronto"
    assert len(slept) == 4
    assert all(0 <= pause <= 0.5 * 2**n for n, pause in enumerate(slept))


def test_the_last_error_is_raised_and_others_at_once() -> None:
    slept = []
    with pytest.raises(Busy):
        patient(failing(9, Busy()), lambda e: True, tries=3, sleep=slept.append)
    assert len(slept) == 2
    with pytest.raises(KeyError):
        patient(failing(1, KeyError("x")), lambda e: isinstance(e, Busy), sleep=slept.append)
    assert len(slept) == 2


def test_what_the_server_asks_for_is_waited() -> None:
    slept, busy = [], Busy()
    busy.retry_after = 7.0
    patient(failing(1, busy), lambda e: True, sleep=slept.append)
    assert slept == [7.0]


@pytest.mark.parametrize("rule", RULES)
def test_the_server_never_answers_more_than_it_can(rule: str) -> None:
    log = simulate(rule, clients=17, capacity=3, down=0.7, seed=5)
    assert [a.at for a in log] == sorted(a.at for a in log)
    assert all(a.at >= 0.7 for a in log if a.ok)
    slots = [int(a.at / 0.1 + 1e-9) for a in log if a.ok]
    assert max(slots.count(s) for s in slots) <= 3 if slots else True
    assert len({a.client for a in log if a.ok}) == sum(a.ok for a in log)
    assert log == simulate(rule, clients=17, capacity=3, down=0.7, seed=5)


def test_waiting_longer_asks_less_and_drawing_spreads() -> None:
    rows = {
        rule: [tally(simulate(rule, clients=40, tries=40, seed=s), 40) for s in range(8)] for rule in RULES
    }
    mean = {rule: sum(r["requests"] for r in found) / 8 for rule, found in rows.items()}
    assert mean["já"] > mean["fixa"] > mean["exponencial"]
    assert all(r["answered"] == 40 for rule in ("exponencial", "sorteada") for r in rows[rule])
    last = {rule: sum(r["last"] for r in rows[rule]) / 8 for rule in ("exponencial", "sorteada")}
    assert last["sorteada"] < last["exponencial"]
