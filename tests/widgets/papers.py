"""A small collection with measures for figures on paper search: odd counts, accents, a `</script>`, ties."""

from __future__ import annotations

DOCUMENTS = [
    {
        "id": f"p{i}", "titulo": title, "texto": text, "palavras_chave": keywords, "descritores": names,
        "estudo": study, "ano": year,
    }
    for i, (title, text, keywords, names, study, year) in enumerate(
        [
            ("O cochilo e a atenção", "Vinte minutos de repouso.", ["cochilo"], ["Cochilo"], "Coorte", 2012),
            ("Café </script> à tarde", "A soneca depois do almoço.", ["café"], ["Café"], "Ensaio", 2020),
            ("Sono e ruído 🐱", "O barulho da rua e o sono", ["ruído"], ["Ruído", "Cochilo"], "Ensaio", 2018),
            ("O rio", "Sem café, sem cochilo, sem nada.", [], ["Café"], "Coorte", 2018),
            ("Abelhas", "O mel da serra.", ["mel"], [], "Coorte", 2009),
        ]
    )
]  # fmt: skip
IDS = [each["id"] for each in DOCUMENTS]
VOCABULARY = {
    "descriptors": [
        {"name": "Café", "entries": ["cafeína"], "lay": ["cafezinho"], "narrower": []},
        {"name": "Cochilo", "entries": ["repouso diurno"], "lay": ["soneca"], "narrower": []},
        {"name": "Ruído", "entries": [], "lay": ["barulho"], "narrower": []},
        {"name": "Sono", "entries": [], "lay": [], "narrower": ["Cochilo", "Ruído"]},
    ],
    "studies": [{"name": "Coorte", "entries": []}, {"name": "Ensaio", "entries": ["sorteio"]}],
}
GRADES = {"b01": {"p0": 3, "p2": 2, "p3": 1}, "b02": {"p1": 3, "p3": 1}, "b03": {"p4": 3}, "b04": {"p2": 3}}
QUERIES = [
    {"id": need, "criterios": {"populacao": "Idoso" if need == "b02" else None, "estudo": None}}
    for need in GRADES
]
ASKED = ["a soneca ajuda?", "café, e o </script>", "mel", "barulho e sono"]
LISTS = {
    "mapeada-leiga": [[2, 0], [], [4], [2]],
    "bm25": [[0, 3, 1], [1, 3], [4, 0], [2, 0, 1]],
    "vetores": [[4, 2, 0], [3, 1, 0], [0, 1, 4], [2, 3, 4]],
    "hibrida": [[0, 2, 3], [1, 3, 0], [4, 0, 1], [2, 0, 3]],
}


def measured() -> dict:
    """What `builders.paper_search` would write of them, as far as the figures read it."""
    from llmlib.scratch.ranking_metrics import ndcg

    forms = {
        form: {
            "asked": ASKED,
            "ids": list(GRADES),
            "parts": ["dev", "teste", "dev", "teste"],
            "overlap": [0.5] * 4,
        }
        for form in ("especialista", "leiga")
    }
    forms["item"] = forms["leiga"] | {"right": ["p0", "p1", "p4", "p2"]}
    each = {
        way: [
            ndcg([IDS[i] for i in ranking], grade, 10)
            for ranking, grade in zip(lists, GRADES.values(), strict=True)
        ]
        for way, lists in LISTS.items()
    }
    return {
        "forms": forms,
        "ways": {
            way: {
                "name": way.replace("-", " "),
                "rankings": dict.fromkeys(forms, lists),
                "each": {form: {"ndcg": each[way]} for form in forms},
            }
            for way, lists in LISTS.items()
        },
    }


EXAMPLES = [
    {"label": "palavras", "text": "cochilo atenção", "grades": GRADES["b01"],
     "ways": {way: [IDS[i] for i in LISTS[way][0]] for way in ("bm25", "vetores", "hibrida")}},
    {"label": "com OU", "text": "(cochilo OU soneca*) E 2012:2020[ano]", "grades": {}, "ways": {}},
    {"label": "errada", "text": "soneca[descritor]", "grades": {}, "ways": {}},
]  # fmt: skip
