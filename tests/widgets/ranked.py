"""A small bank of ranked answers for figures on preferences: odd counts, accents, a `</script>`, ties."""

from __future__ import annotations

from llmlib.scratch.preference import traits

SAID = {
    "Qual é a capital do Peru?": [
        ("Lima.", 7, 1, -0.3),
        ("Não sei.", 2, 0, -0.7),
        ("Não sei. Nunca ouvi falar do Peru.", 1, 0, -1.1),
        ("A capital do Peru é Lima.", 2, 1, -0.6),
        ("A capital do Peru é Caracas e fica no rio </script>.", 1, 0, -1.9),
    ],
    "Que som faz a ovelha?": [
        ("Bale.", 5, 1, -0.5),
        ("O som da ovelha é um rugido longo.", 3, 0, -1.2),
        ("Sim", 1, 0, -2),
    ],
    "De que cor é a neve?": [
        ("Branca.", 6, 1, -0.2),
        ("A neve é verde e azul e cinza.", 2, 0, -1.6),
        ("Azul.", 2, 0, -1.4),
    ],
    "Onde vive o tatu?": [("Na mata.", 4, 1, -0.8), ("O tatu vive no alto de uma nuvem.", 4, 0, -1.3)],
    "Quantas patas tem a aranha?": [
        ("8 patas.", 9, 1, -0.1),
        ("A aranha tem 4 patas e duas asas.", 2, 0, -1.0),
    ],
}

BANK = [
    {
        "kind": "fato",
        "question": question,
        "answers": [
            {"text": text, "count": count, "right": right, "traits": traits(question, text, confidence)}
            for text, count, right, confidence in answers
        ],
    }
    for question, answers in SAID.items()
]


def point(strength: int, kl: float, proxy: float, true: float, **more: object) -> dict:
    """A measured point with small intervals."""
    sides = {"kl": kl, "proxy": proxy, "true": true}
    found = {k: {"value": v, "low": v * 0.9 - 0.01, "high": v * 1.1 + 0.01} for k, v in sides.items()}
    return {"strength": strength, **found, "words": 3.5, "refused": 0.2, **more}


CURVES = {
    "atento/bon/0": [
        point(1, 0, 0, 0.5, bound=0, answers=["Lima.", "Bale."]),
        point(8, 0.7, 0.9, 0.7, bound=1.2, answers=["Lima.", "Bale."]),
    ],
    "apressado/dpo/0": [point(6, 0.4, 0.5, 0.45), point(36, 3.1, 1.9, 0.2, answers=["Não </script>", ""])],
    "apressado/bon/0": [
        point(1, 0, 0, 0.5, bound=0, answers=["Lima.", "Bale."]),
        point(4, 0.5, 0.8, 0.4, bound=0.6),
    ],
    "apressado/rloo/0": [point(5, 0.6, 0.7, 0.4), point(30, 2.2, 1.8, 0.15)],
}
START = {"value": 0.5, "low": 0.4, "high": 0.6}
