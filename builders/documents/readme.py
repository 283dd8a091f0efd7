"""The READMEs of the collections, with what was counted in them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from builders.documents import collection, science, science_words
from builders.documents.model import SPLITS, TYPES

LICENCE = "CC BY 4.0"


def _hashes(files: dict[str, str]) -> str:
    """A table of the files with their size and SHA-256."""
    rows = [
        f"| `{name}` | {text.count(chr(10))} | {len(text.encode()) // 1000} kB |"
        f" `{hashlib.sha256(text.encode()).hexdigest()}` |"
        for name, text in files.items()
    ]
    return "\n".join(["| arquivo | linhas | tamanho | sha256 |", "|---|--:|--:|---|", *rows])


def _counted(title: str, names: Iterable[str], by_split: dict[str, Counter]) -> str:
    """A table of counts by split."""
    rows = [f"| `{n}` | " + " | ".join(str(by_split[s][n]) for s in SPLITS) + " |" for n in names]
    return "\n".join([f"| {title} | {' | '.join(SPLITS)} |", "|---|" + "--:|" * len(SPLITS), *rows])


def town(files: dict[str, str]) -> str:
    """The README of the town's collection."""
    made = collection.town()
    every = list(made.documents.values())
    kinds = {s: Counter(d.kind for d in every if d.split == s) for s in SPLITS}
    types = {s: Counter(q.type for q in made.questions if q.split == s) for s in SPLITS}
    ways = Counter(len(q.wordings) + bool(q.distant) for q in made.questions)
    lengths = sorted(len(d.text.split()) for d in every)
    return f"""# Caxinduba: documentos de uma cidade que não existe

{len(every)} documentos e {len(made.questions)} perguntas sobre Caxinduba, cidade inventada.
**Tudo é ficção**: lugares, pessoas, empresas, espécies, preços e regras. Nenhum modelo pode saber as
respostas sem ler os documentos; por isso servem para medir busca e respostas com fontes. Licença: {LICENCE}.

```bash
python -m builders.documents        # refaz tudo desta pasta, byte a byte
```

```python
from llmlib.data import documents, questions

documents("caxinduba")[0]["texto"]
questions("caxinduba", "dev")[0]["pergunta"]
```

## Como foi feito

As tabelas de `fontes/` dizem o que é verdade. Os temas (`*.txt`) trazem fatos, perguntas e textos escritos à
mão; as outras tabelas (`*.csv`) viram documentos de várias estruturas. No texto, a frase que afirma um fato
leva a chave dele, e o valor vem da tabela: por isso cada trecho e cada resposta são exatos.
`fontes/01-biblioteca.txt` é um bom exemplo para começar; `builders/documents/source.py` explica a notação.

Para aumentar: uma linha numa tabela, ou um fato com perguntas e texto num tema, e o comando acima. Um erro
diz o arquivo e a linha; `tests/builders/test_documents.py` confere o resto.

## Documentos

De {lengths[0]} a {lengths[-1]} palavras (mediana {lengths[len(lengths) // 2]}).

{_counted("tipo", sorted({d.kind for d in every}), kinds)}

| campo | o que é |
|---|---|
| `id`, `tipo`, `tema`, `data`, `titulo`, `texto` | o documento |
| `parte` | `dev` para experimentar, `teste` só para a medida final |
| `substitui` | o documento que este corrige: vale este ({sum(bool(d.supersedes) for d in every)}) |
| `copia_de` | o documento de que este é quase uma cópia ({sum(bool(d.copy_of) for d in every)}) |
| `injecao` | uma instrução plantada: início, fim e texto ({sum(bool(d.injection) for d in every)}) |

## Perguntas

{_counted("tipo", TYPES, types)}

- `um_fato`: um trecho basta.
- `dois_documentos`: o primeiro fato leva ao segundo, e nenhum documento tem os dois.
- `comparacao`: dois números; a resposta é um dos dois nomes.
- `contraditoria`: um documento antigo diz uma coisa, e um novo, outra. Vale o novo (`respostas`); o valor
  antigo está em `superadas`.
- `sem_resposta`: nenhum documento diz; `respostas` é vazia e `sobre` tem de quem e o quê se pergunta.

Cada uma tem de {min(ways)} a {max(ways)} jeitos de perguntar.

| campo | o que é |
|---|---|
| `pergunta` | o primeiro dos `jeitos` |
| `jeitos` | `direta`: palavras do texto; `parafrase`: outras; `distante`: quase todas; `busca`: só termos |
| `respostas` | a certa e outras formas aceitas: compare com `builders.documents.model.normalised` |
| `apoios` | os trechos que afirmam cada `fato`: `documento`, `inicio`, `fim`, `texto`, `valor` |
| `apoios[…].vale` | falso no trecho que outro documento superou |

As partes se separam por fato e por documento: nenhum fato, trecho ou documento de apoio de `teste` serve a
`dev`. A busca é feita sempre na coleção inteira.

O treino dos modelos do curso lê documentos de outras cidades, feitos com os moldes das fichas, horários,
produtos e contratos (`builders/corpus/town_tables.py`), com outros nomes e outros valores; o que essas fichas
dizem além dos fatos vem de `dev`. De `teste`, nada entra no treino.

`fatos.jsonl` é a tabela de fatos: `sujeito`, `relacao`, `valores` (o primeiro é o do texto), `superado`.

{_hashes(files)}
"""


def abstracts(files: dict[str, str]) -> str:
    """The README of the abstracts' collection."""
    studies, searches = science.studies(), science.searches()
    marks = Counter(mark for *_, mark in science.judgements())
    areas = {s: Counter(x.area for x in studies if x.split == s) for s in SPLITS}
    kinds = {s: Counter(science.KINDS[x.kind] for x in studies if x.split == s) for s in SPLITS}
    lengths = sorted(len(science_words.abstract(each)["texto"].split()) for each in studies)
    return f"""# Ciência de faz de conta: resumos e buscas com relevância graduada

{len(studies)} resumos no estilo de artigos científicos e {len(searches)} buscas. **Nenhum estudo foi feito,
nenhum número foi medido**: lugares, amostras e resultados são inventados, e nada aqui serve de conselho.
Os descritores imitam os do DeCS e do MeSH, sem ser deles. Licença: {LICENCE}.

```bash
python -m builders.documents
```

```python
from llmlib.data import documents, queries, relevance

documents("ciencia")[0]["titulo"], queries("ciencia")[0]["leiga"], relevance("ciencia")["b01"]
```

## Como foi feito

`fontes/areas.txt` tem dez áreas, cada uma com quatro exposições, três desfechos e três populações, e cada
conceito com um descritor e três jeitos de dizer (o último, o de um leigo, que só as entrevistas usam). Um
estudo é uma linha sorteada dessa tabela; o resumo é escrito a partir dela, e a relevância é lida dela, sem
juiz: `builders.documents.science.grade`.

| nota | quando | pares |
|---|---|--:|
| 3 | a exposição, o desfecho principal e tudo o que a busca exige | {marks[3]} |
| 2 | a exposição e o desfecho, mas secundário, ou falta uma exigência | {marks[2]} |
| 1 | a exposição com outro desfecho, ou o desfecho com outra exposição | {marks[1]} |
| 0 | o resto (não está em `qrels.txt`), mesmo que cite a exposição como ajuste | |

Os resumos têm de {lengths[0]} a {lengths[-1]} palavras (mediana {lengths[len(lengths) // 2]}).

{_counted("área", [a.name for a in science.areas()], areas)}

{_counted("estudo", science.KINDS.values(), kinds)}

- `abstracts.jsonl`: `id`, `area`, `parte`, `ano`, `titulo`, `texto`, `palavras_chave`, `descritores`,
  `estudo` e `fatos`, a linha de que o resumo veio (é o gabarito: não a use na busca).
- `queries.jsonl`: `pergunta` (de especialista), `leiga`, `palavras_chave`, `booleana`, `criterios`.
- `qrels.txt`: formato do TREC, `busca 0 resumo nota`.

As partes `dev` e `teste` não têm área em comum.

{_hashes(files)}
"""
