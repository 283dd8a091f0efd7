"""Write a model's card, README.md, from what was recorded while it was made and measured.

    python -m builders.card data/models/mini-base

Reads `training.json` (builders.pretrain) and `evaluation.json` (builders.evaluate); no figure is typed by
hand. The card is in Portuguese, for the course's readers, and ends with the sha256 of every file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from builders.__main__ import RECIPES

KINDS = {
    "historia": "histórias",
    "descricao": "cenas e descrições",
    "dialogo": "diálogos",
    "fatos": "fatos",
    "perguntas": "listas de perguntas",
    "leitura": "leitura de contextos",
    "copia": "cópia",
    "todos": "todos juntos",
}
PROBES = {
    "reading_trained": "lê no contexto um valor inventado (relações treinadas)",
    "reading_held_out": "lê no contexto um valor inventado (relações nunca vistas)",
    "unanswerable": "diz “O texto não diz.” quando a resposta não está lá",
    "copying": "repete até o fim uma sequência de palavras inventadas",
    "facts_seen": "responde fatos perguntados no treino",
    "facts_stated": "responde fatos que só leu como afirmação",
    "facts_held_out": "responde fatos que nunca leu (acerto possível só por semelhança)",
}
SAMPLES = 5  # seeds shown for each prompt, from the first on


def number(value: float, digits: int = 0) -> str:
    """1234.5 -> "1.234,5": thousands with a point, decimals with a comma."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.-", ".,−"))


def several(count: int, one: str, more: str) -> str:
    """1 -> "1 erro", 2 -> "2 erros"."""
    return f"{number(count)} {one if count == 1 else more}"


def percent(share: dict) -> str:
    """A share and its interval: "87 % (82 a 91)"."""
    low, high = number(100 * share["low"]), number(100 * share["high"])
    return f"{number(100 * share['value'])} % ({low} a {high})"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; columns after the first are aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def about(training: dict, config: dict) -> str:
    """What the model is, and how it was made."""
    steps = "\n".join("python -m " + " ".join(step) for step in RECIPES["mini-base"])
    kind = "processos" if training["processes"] > 1 else "processo"
    note = f"\n\n{training['note']}" if training.get("note") else ""
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    shape = (
        f"`{config['architectures'][0]}`, {config['num_hidden_layers']} camadas, {config['hidden_size']}"
        f" dimensões, {heads} cabeças de atenção ({groups} de chave e valor), vocabulário de"
        f" {number(config['vocab_size'])} tokens (BPE de bytes), contexto de"
        f" {config['max_position_embeddings']} tokens"
    )
    effort = (
        f"{number(training['tokens'] / 1e6, 1)} milhões de tokens em {number(training['seconds'] / 60)}"
        f" minutos, com {training['processes']} {kind} de CPU e uma thread"
    )
    return f"""\
Modelo de linguagem em português, feito do zero pelo curso **LLMs por Dentro** com textos que o próprio curso
gera. Ele só continua textos: é um modelo base, não responde a ordens. Roda dentro das páginas do curso.

## Tamanho

{number(training["parameters"])} parâmetros: {shape}. Pesos em float16.

## Como foi feito

```
{steps}
```

Esta execução leu {effort}. Duas etapas: primeiro textos em que só a leitura do contexto responde, depois
textos comuns com uma parte deles. A curva de perda está em `training.json`.{note}"""


def measures(result: dict) -> str:
    """The figures of evaluation.json."""
    order = [kind for kind in KINDS if kind in result["losses"]]
    losses = [
        [KINDS[k], number(e["texts"]), number(e["loss"], 3), number(e["perplexity"], 2)]
        for k, e in ((k, result["losses"][k]) for k in order)
    ]
    probes = [[label, percent(result["probes"][name])] for name, label in PROBES.items()]
    model, corpus = result["agreement"]["model"], result["agreement"]["corpus"]
    found, where = several(model["errors"], "erro", "erros"), several(model["broken"], "frase", "frases")
    written = result["continuations"]
    right = sum(not c["errors"] for c in written)
    light = result["int8"]
    lost = 100 * (light["perplexity_int8"] / light["perplexity"] - 1)
    moved = f"em média {number(light['logit_mean'], 3)} e no máximo {number(light['logit_max'], 2)}"
    asked = result["questions"]
    header = ["tipo de texto", "textos", "perda por token (nats)", "perplexidade"]
    return f"""\
## O que foi medido

Tudo em textos sorteados à parte dos de treino (`data/corpus/amostra.jsonl`, parte de validação).

{table(header, losses)}

**Concordância.** Em {model["sentences"]} frases escritas a partir do começo de textos novos, à temperatura
0,7, o verificador achou {found} de gênero ou número, em {where}.
Em {corpus["sentences"]} frases do corpus ele acusa {corpus["errors"]}.
Das {len(written)} continuações dos três começos abaixo, {right} não têm nenhum erro achado.
O verificador só conhece as palavras do corpus: o silêncio dele não prova que a frase está certa.

**Pergunta solta.** Continuou com outra pergunta em {percent(asked)} de {asked["total"]} casos.

Respostas exatas, com o token mais provável a cada passo (entre parênteses, intervalo de 95 %):

{table(["o que faz", "acertos"], probes)}

**Na página.** Com pesos em int8, um logit muda {moved}; a perplexidade passa de
{number(light["perplexity"], 3)} a {number(light["perplexity_int8"], 3)} (variação de {number(lost, 2)} %)."""


def limits(result: dict, context: int) -> str:
    """What it cannot do."""
    unseen = result["probes"]["facts_held_out"]
    return f"""\
## O que ele não sabe fazer

- Conversar ou obedecer: ele continua o texto, e uma pergunta chama outra pergunta.
- Falar do mundo: conhece só as histórias, os lugares e os fatos do corpus. Fora deles, escreve frases sem
  sentido.
- Dizer a verdade: de fatos que nunca leu acertou {percent(unseen)}, e erra com a mesma segurança com que
  acerta.
- Ler além de {context} tokens, calcular com números grandes, escrever em outra língua ou em código."""


def samples(result: dict) -> str:
    """The first seeds of each prompt, as they came."""
    parts = [
        "## Amostras",
        f"As {SAMPLES} primeiras sementes de cada começo, sem escolha: temperatura 0,7, 40 tokens.",
    ]
    for prompt in dict.fromkeys(c["prompt"] for c in result["continuations"]):
        chosen = [c for c in result["continuations"] if c["prompt"] == prompt][:SAMPLES]
        for c in chosen:
            text = (c["prompt"] + c["text"]).replace("\n", "\n    ")
            parts.append(f"Semente {c['seed']}:\n\n    {text}")
    return "\n\n".join(parts)


def files(folder: Path) -> str:
    """Every file of the folder but the card, with size and sha256."""
    rows = [
        [f"`{p.name}`", number(p.stat().st_size), f"`{hashlib.sha256(p.read_bytes()).hexdigest()}`"]
        for p in sorted(folder.iterdir())
        if p.is_file() and p.name != "README.md"
    ]
    return f"## Arquivos\n\n{table(['arquivo', 'bytes', 'sha256'], rows)}"


def render(folder: Path) -> str:
    """The text of the card."""
    training, result, config = (
        json.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("training.json", "evaluation.json", "config.json")
    )
    front = "---\nlanguage: pt\nlicense: mit\nlibrary_name: transformers\npipeline_tag: text-generation\n---"
    licence = (
        "## Licença\n\nPesos, tokenizador e esta ficha: MIT. Nenhum texto de terceiros entrou no treino."
    )
    title = f"# {folder.resolve().name}"
    parts = [
        front,
        title,
        about(training, config),
        measures(result),
        limits(result, config["max_position_embeddings"]),
        samples(result),
        licence,
    ]
    return "\n\n".join([*parts, files(folder)]) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.card", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="model folder, for example data/models/mini-base")
    folder = parser.parse_args().folder
    partial = folder / "README.md.partial"
    missing = [n for n in ("training.json", "evaluation.json") if not (folder / n).exists()]
    if missing:
        parser.error(
            f"no {' nor '.join(missing)} in {folder}: run builders.pretrain and builders.evaluate first"
        )
    text = render(folder)
    partial.write_text(text, encoding="utf-8")
    partial.replace(folder / "README.md")
    print(f"Wrote {folder / 'README.md'}")


if __name__ == "__main__":
    main()
