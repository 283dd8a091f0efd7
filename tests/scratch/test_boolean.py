"""Boolean search: what queries mean, what is said of wrong ones, and that the page reads them alike."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest

from book import frontend
from llmlib.data import documents, queries, root
from llmlib.scratch import expansion
from llmlib.scratch.boolean import BooleanIndex, QueryError, written
from llmlib.scratch.retrieval import BM25, words
from llmlib.scratch.vocabulary import Vocabulary, plain

ROWS = {
    "descriptors": [
        {
            "name": "Cochilo",
            "entries": ["repouso diurno"],
            "lay": ["soneca depois do almoço"],
            "narrower": [],
        },
        {"name": "Sono", "entries": [], "lay": [], "narrower": ["Cochilo"]},
        {"name": "Café", "entries": ["cafeína"], "lay": ["cafezinho"], "narrower": []},
    ],
    "studies": [{"name": "Estudo de Coorte", "entries": ["acompanhamento prospectivo"]}],
}


def paper(number: int, title: str, text: str, year: int, *descriptors: str) -> dict:
    return {
        "id": f"d{number}", "titulo": title, "texto": text,
        "palavras_chave": ["repouso diurno"] if number == 1 else [],
        "descritores": list(descriptors), "estudo": "Estudo de Coorte", "ano": year,
    }  # fmt: skip


PAPERS = [
    paper(0, "O cochilo à tarde", "Vinte minutos de repouso.", 2012, "Cochilo"),
    paper(1, "Sono e café", "A soneca depois do almoço ajuda?", 2020, "Café"),
    paper(2, "O rio", "Sem café, sem nada.", 2020, "Rios"),
]


def kept(text: str, lay: bool = True) -> list[int]:
    return BooleanIndex(PAPERS, Vocabulary(ROWS, lay)).search(text)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("café[resumo]", [2]),  # accents and capitals do not count
        ("CAFE[resumo]", [2]),
        ("café[título] OR rio[título]", [1, 2]),  # same year: as they stand
        ("repouso OR sono", [1, 0]),  # the newest first
        ("repouso OR café AND 2012[ano]", [0]),  # (repouso OR café) AND 2012, from left to right
        ("repouso OR (café AND 2012[ano])", [1, 0]),
        ("rio OR café AND 2020[ano] NOT sono[título]", [2]),
        ("café NOT soneca", [2]),
        ('"repouso diurno"', [1]),  # a phrase, also in keywords
        ("repou*", [1, 0]),
        ("Sono[descritor]", [0]),  # what is below it, too
        ("Sono[descritor:exato]", []),
        ("2012:2019[ano]", [0]),
        ("estudo de coorte", [1, 2, 0]),
        ("acompanhamento prospectivo[estudo]", None),
        ("zebra", []),
        ("café[resumo] zebra", [2]),  # a word that no text has asks nothing
        ("sem nada[resumo]", [2]),  # a field is of all the words that stand together
        ("zebra girafa", []),
        ("repouso E (café OU minutos)", [1, 0]),
        ("café NÃO rio", [1]),
    ],
)
def test_what_a_query_keeps(text: str, places: list[int] | None) -> None:
    if places is None:
        with pytest.raises(QueryError, match="Parecidos: Estudo de Coorte"):
            kept(text)
    else:
        assert kept(text) == places


def test_words_lead_to_descriptors_and_laymen_only_where_they_may() -> None:
    assert kept("soneca depois do almoço") == [1, 0]  # by its words, and by the descriptor
    assert kept("soneca depois do almoço", lay=False) == [1]
    tree = BooleanIndex(PAPERS, Vocabulary(ROWS)).parse("soneca depois do almoço café*")
    assert written(tree) == '(("Cochilo"[descritor] OR ((soneca AND depois) AND almoco)) AND cafe*)'


@pytest.mark.parametrize(
    ("text", "sentence", "part"),
    [
        ("", "Escreva o que procurar", ""),
        ("AND café", "Falta um termo antes de AND", "AND"),
        ("café NOT", "Falta um termo depois de NOT", "NOT"),
        ("café E OU sono", "E e OU estão juntos", "E OU"),
        ("(café", "Falta fechar este parêntese", "("),
        ("café)", "fecha um que não foi aberto", ")"),
        ('café "sono', "Falta fechar estas aspas", '"sono'),
        ("café[título", "Falta fechar este colchete", "[título"),
        ("café[autor]", "Não existe o campo [autor]. Existem: título", "[autor]"),
        ("cafeína[descritor]", "“cafeína” não é um descritor. Parecidos: Café.", "cafeína[descritor]"),
        ("de o que", "Só há palavras vazias", "de o que"),
        ("ca*", "ao menos três letras", "ca*"),
        ("café[ano]", "Um ano se escreve 2015[ano]", "café[ano]"),
        ("café [título]", "Um campo vem logo depois de um termo", "[título]"),
        ("café AND ( )", "Não há nada entre os parênteses", "( "),
        ("(" * 300 + "x", "A busca tem 301 partes, e cabem 256", "(" * 300 + "x"),
        ("café " * 10_000, "A busca tem 10000 partes", "café " * 10_000),
    ],
)
def test_a_wrong_query_gets_a_sentence_and_its_place(text: str, sentence: str, part: str) -> None:
    with pytest.raises(QueryError) as error:
        kept(text)
    assert sentence in str(error.value)
    assert text[error.value.start : error.value.end] == part


def test_every_text_of_the_collection_can_be_found_by_its_descriptors() -> None:
    papers, vocabulary = documents("ciencia"), Vocabulary.bundled()
    index = BooleanIndex(papers, vocabulary)
    for need in queries("ciencia")[:6]:
        wanted = index.search(need["booleana"])
        assert wanted
        names = [v for k, v in need["criterios"].items() if v and k in ("exposicao", "desfecho", "populacao")]
        assert all(set(names) <= set(papers[i]["descritores"]) for i in wanted)
    assert vocabulary.below("Abelhas")[1:] == ["Meliponicultura", "Apicultura", "Insetos Silvestres"]
    assert plain("Caixa-d'água Nº 7") == "caixa d agua nº 7"


HARNESS = """
const { docs, rows, texts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const papers = docs.map((d) => ({ title: d.titulo, text: d.texto, keywords: d.palavras_chave,
  descriptors: d.descritores, study: d.estudo, year: d.ano }));
const search = [true, false].map((lay) => makeBoolean(papers, rows, lay));
const words = papers.map((d) => LLM.words(`${d.title}\\n${d.text}`)), index = new LLM.BM25(words);
const longer = texts.map(([text, lay]) => [byVocabulary(text, search[lay ? 0 : 1]), rm3(text, index, words)]);
const best = (weights) => [[...weights], LLM.best(weightedScores(index, weights), 5)];
const read = texts.map(([text, lay]) => {
  const one = search[lay ? 0 : 1];
  try { const node = one.parse(text); return [one.written(node), one.find(node)]; }
  catch (error) { return [error.message, error.start, error.end]; }
});
console.log(JSON.stringify({ read, longer: longer.map((pair) => pair.map(best)) }));
"""


def test_the_page_reads_every_query_as_python_does(tmp_path) -> None:
    papers, rows = (
        documents("ciencia")[::3],
        json.loads((root() / "vocabulario" / "ciencia.json").read_text("utf-8")),
    )
    wrong = [
        "",
        "E x",
        "a E",
        "x E OU y",
        "(x",
        "x)",
        '"x',
        "x[y",
        "x[y]",
        "soneca[descritor]",
        "()",
        "x[ano]",
        "ab*",
        "x " * 257,
        "café " * 250,
    ]
    odd = [
        "caixa-d'água",
        "SONO OU cafe*",
        "sono] x",
        "Sono[descritor:exato] NOT 2015:2018[ano]",
        "ſono",
        "ﬁm",
    ]
    asked = [need[key] for need in queries("ciencia")[::4] for key in ("booleana", "pergunta", "leiga")]
    texts = [(text, lay) for text in [*wrong, *odd, *asked] for lay in (True, False)]
    expected = []
    indexes = {lay: BooleanIndex(papers, Vocabulary(rows, lay)) for lay in (True, False)}
    for text, lay in texts:
        try:
            node = indexes[lay].parse(text)
            expected.append([written(node), indexes[lay].find(node)])
        except QueryError as error:
            expected.append([str(error), error.start, error.end])
    script = tmp_path / "search.cjs"
    home = root().parent / "llmlib"
    parts = ("engine/search.js", "widgets/paper_search.boolean.js", "widgets/paper_search.expand.js")
    source = "\n".join((home / part).read_text("utf-8") for part in parts)
    script.write_text(f"const LLM = {{}};\n{source}{HARNESS}", "utf-8")
    given = json.dumps({"docs": papers, "rows": rows, "texts": texts})
    out = subprocess.run(
        [frontend.node()[0], str(script)], input=given, capture_output=True, text=True, check=True
    )
    answers = json.loads(out.stdout)
    for (text, _), got, want in zip(texts, answers["read"], expected, strict=True):
        assert got == want, text
    bags = [words(f"{d['titulo']}\n{d['texto']}") for d in papers]
    index = BM25(bags)
    for (text, lay), (by_vocabulary, by_feedback) in zip(texts, answers["longer"], strict=True):
        scores = index.scores(words(text))
        first = [int(i) for i in np.argsort(-scores, kind="stable")[:10] if scores[i] > 0]
        longer = (
            expansion.by_vocabulary(text, indexes[lay].vocabulary, 0.5),
            expansion.rm3(words(text), [bags[i] for i in first], [scores[i] for i in first], 10, 0.5),
        )
        for (weights, best), want in zip((by_vocabulary, by_feedback), longer, strict=True):
            assert dict(weights) == pytest.approx(want, abs=1e-6), text
            assert [score for _, score in best] == pytest.approx(
                sorted(expansion.weighted(index, want), reverse=True)[:5], abs=1e-5
            ), text
