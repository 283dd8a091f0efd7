"""Stories written from unseen openings: does the hero keep name, kind and goal, and are the sentences whole?

A story is consistent when `consistency` finds no problem, its hero is spoken of after the opening, and the
thing that the opening brings up (if any) comes back or at least no other takes its place. `checker` says how
often the same verdict accepts unseen stories of the corpus and rejects stories spoiled on purpose.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import islice

from builders.corpus import agreement, stories
from builders.corpus.lexicon import lexicon
from builders.measures import TEMPERATURE, batch, consistency, proportion, wellformed

STORIES = 200
ROOM = 260  # tokens; longer than any story of the corpus needs after its opening


def openings(n: int, seed: int = 0) -> list[tuple[str, str]]:
    """(opening, rest) of `n` unseen stories whose first two sentences introduce somebody."""
    source = stories.documents(random.Random(f"aberturas/{seed}"), "valid")
    found: list[tuple[str, str]] = []
    while len(found) < n:
        text = next(source).text
        first = wellformed.sentences(text.split("\n")[0])[:2]
        opening = " ".join(first)
        if text.startswith(opening) and consistency.hero(opening) and not consistency.problems(text):
            found.append((opening, text[len(opening) :]))
    return found


def verdict(opening: str, rest: str) -> list[str]:
    """Why a story is not consistent; [] when it is."""
    who = consistency.hero(opening)
    wrong = consistency.problems(opening + rest)
    if not consistency.mentions(who, rest):
        wrong.append(f"sumiu: {who.name or who.kind}")
    return wrong


def _halves(text: str) -> tuple[str, str]:
    parts = text.split(". ")
    middle = max(1, len(parts) // 2)
    return ". ".join(parts[:middle]) + ". ", ". ".join(parts[middle:])


def _spoilers(rng: random.Random, texts: list[str]) -> dict[str, Callable[[str], str | None]]:
    """By name: a function that spoils a story in its second half, or gives None where it cannot."""
    known = consistency.habits()
    names = {g: [n.word for n in lexicon().names if n.gender == g] for g in "mf"}

    def other_name(text: str) -> str | None:
        (first, second), who = _halves(text), consistency.hero(text)
        if not who or not who.name or who.name not in consistency.tokens(second):
            return None
        return first + second.replace(who.name, rng.choice([n for n in names[who.gender] if n not in text]))

    def other_kind(text: str) -> str | None:
        (first, second), who = _halves(text), consistency.hero(text)
        if not who or not who.kind or f" {who.kind} " not in second:
            return None
        fit = [n for n in sorted(known.living) if known.nouns[n].gender == who.gender and n not in text]
        return first + second.replace(f" {who.kind} ", f" {rng.choice(fit)} ")

    def other_gender(text: str) -> str | None:
        (first, second), who = _halves(text), consistency.hero(text)
        if not who or {c.gender for c in consistency.read(text)[0].characters} != {who.gender}:
            return None
        old, new = ("ele", "ela") if who.gender == "m" else ("ela", "ele")
        changed = second.replace(f" {old} ", f" {new} ").replace(
            f"{old.capitalize()} ", f"{new.capitalize()} "
        )
        return first + changed if changed != second else None

    def other_story(text: str) -> str | None:
        return _halves(text)[0] + _halves(rng.choice([t for t in texts if t != text]))[1]

    return {"nome": other_name, "tipo": other_kind, "pronome": other_gender, "outra história": other_story}


def checker(n: int = 400, seed: int = 0) -> dict:
    """{accepts: share of unseen corpus stories, rejects: {kind of damage: share of spoiled stories}}."""
    rng = random.Random(f"verificador/{seed}")
    texts = [d.text for d in islice(stories.documents(rng, "valid"), n)]
    accepted = [t for t in texts if not consistency.problems(t)]
    rejects = {}
    for name, spoil in _spoilers(rng, texts).items():
        spoiled = [s for s in map(spoil, accepted) if s]
        caught = sum(bool(consistency.problems(s)) for s in spoiled)
        rejects[name] = proportion(caught, len(spoiled)) if spoiled else None
    return {"accepts": proportion(len(accepted), n), "rejects": rejects}


def _goals_back(told: list[tuple[str, str]]) -> dict | None:
    """How often the thing that an opening brings up is named again."""
    brought = [(consistency.things(opening), rest) for opening, rest in told]
    back = [any(thing in rest for thing in things) for things, rest in brought if things]
    return proportion(sum(back), len(back)) if back else None


def measure(lm: object, n: int = STORIES) -> dict:
    """Consistency, whole sentences and agreement of `n` free stories."""
    begun = openings(n)
    made = batch.rows(lm, [opening for opening, _ in begun], ROOM, TEMPERATURE)
    rests = [lm.decode(row.ids) for row in made]
    faults: list[dict] = []
    kept = {"nome e tipo": 0, "gênero": 0, "objetivo": 0, "personagem presente": 0}
    for (opening, _), rest in zip(begun, rests, strict=True):
        wrong = verdict(opening, rest)
        kept["nome e tipo"] += not any(w.startswith(("nome", "apresentado")) or "virou" in w for w in wrong)
        kept["gênero"] += not any(w.startswith(("gênero", "pronome")) for w in wrong)
        kept["objetivo"] += not any(w.startswith("sem apresentação") for w in wrong)
        kept["personagem presente"] += not any(w.startswith("sumiu") for w in wrong)
        if wrong:
            faults.append({"opening": opening, "rest": rest, "problems": wrong})
    whole = wellformed.count([o + r for (o, _), r in zip(begun, rests, strict=True)], whole=False)
    ended = sum(row.reason == "eos" for row in made)
    unended = sum(
        row.reason == "eos" and not text.rstrip().endswith(wellformed.END)
        for row, text in zip(made, rests, strict=True)
    )
    reference = wellformed.count([rest for _, rest in begun])
    wrong_sentences = [s for r in rests for s in wellformed.sentences(r) if agreement.check(s)]
    sentences = sum(len(wellformed.sentences(r)) for r in rests)
    return {
        "consistent": proportion(n - len(faults), n),
        "kept": {name: proportion(hits, n) for name, hits in kept.items()},
        "goal_returns": _goals_back([(o, r) for (o, _), r in zip(begun, rests, strict=True)]),
        "goal_returns_in_corpus": _goals_back(begun),
        "broken": proportion(whole["broken"] + unended, whole["sentences"]),
        "broken_in_corpus": proportion(reference["broken"], reference["sentences"]),
        "ended": proportion(ended, n),
        "agreement": proportion(sentences - len(wrong_sentences), sentences),
        "checker": checker(),
        "examples": {
            "problems": faults[:10],
            "broken": whole["examples"][:20],
            "agreement": wrong_sentences[:20],
        },
    }
