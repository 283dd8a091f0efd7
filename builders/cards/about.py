"""What a model is, how it is opened, its size, and the run that made its weights."""

from __future__ import annotations

from builders.__main__ import RECIPES
from builders.cards.words import number

WHAT = {
    "base": "Ele só continua textos: é um modelo base, não responde a ordens. Roda dentro das páginas do"
    " curso.",
    "chat": "Responde em conversa, lê um contexto dado na mensagem e diz “Não sei.” quando não sabe. Roda"
    " dentro das"
    " páginas do curso.",
    "dpo": "É o mini-instruct ajustado por preferências: pares de respostas do próprio modelo, ordenados"
    " por regras"
    " que conhecem a verdade (DPO).",
    "bert": "É um codificador: olha os dois lados e adivinha palavras escondidas. Não escreve textos.",
    "t5": "Tem codificador e decodificador: corrige, resume e reescreve textos curtos.",
    "xlnet": "Prevê as palavras de um texto em qualquer ordem (modelo de permutações).",
    "embed": "Transforma um texto num vetor, para busca por significado. Roda dentro das páginas do curso.",
    "rerank": "Lê uma busca e uma passagem juntas e diz quanto uma responde à outra (cross-encoder).",
}  # fmt: skip
TAGS = {
    "base": ("transformers", "text-generation"),
    "chat": ("transformers", "text-generation"),
    "dpo": ("transformers", "text-generation"),
    "bert": ("transformers", "fill-mask"),
    "t5": ("transformers", "text2text-generation"),
    "xlnet": ("transformers", "text-generation"),
    "embed": ("sentence-transformers", "sentence-similarity"),
    "rerank": ("sentence-transformers", "text-ranking"),
}
_LLMLIB = 'from llmlib import load\n\nlm = load("{name}")\n'
_TRANSFORMERS = (
    "from transformers import AutoTokenizer, {cls}\n\n"
    'tokenizer = AutoTokenizer.from_pretrained("data/models/{name}")\n'
    'model = {cls}.from_pretrained("data/models/{name}")'
)
USE = {
    "base": _LLMLIB + 'lm.generate("Era uma vez", max_new_tokens=60, temperature=0.7, seed=0)',
    "chat": _LLMLIB + 'lm.chat([dict(role="user", content="Qual é a capital do Brasil?")], temperature=0)',
    "bert": _TRANSFORMERS.replace("{cls}", "AutoModelForMaskedLM"),
    "t5": _TRANSFORMERS.replace("{cls}", "AutoModelForSeq2SeqLM"),
    "xlnet": _TRANSFORMERS.replace("{cls}", "XLNetLMHeadModel"),
    "embed": "from sentence_transformers import SentenceTransformer\n\n"
    'model = SentenceTransformer("data/models/{name}")\n'
    'vectors = model.encode(["Onde mora a onça?", "A onça vive na mata."])',
    "rerank": "from sentence_transformers import CrossEncoder\n\n"
    'model = CrossEncoder("data/models/{name}")\n'
    'model.predict([("Onde mora a onça?", "A onça vive na mata.")])',
}
USE["dpo"] = USE["chat"]


def front(kind: str) -> str:
    """The card's YAML."""
    library, tag = TAGS[kind]
    return f"---\nlanguage: pt\nlicense: mit\nlibrary_name: {library}\npipeline_tag: {tag}\n---"


def what(kind: str, name: str) -> str:
    """Opening paragraph and how to open the model."""
    return (
        "Modelo em português, feito do zero pelo curso **LLMs por Dentro** com textos que o próprio curso"
        " gera.\n"
        f"{WHAT[kind]}\n\n```python\n{USE[kind].replace('{name}', name)}\n```"
    )


def shape(training: dict, config: dict) -> str:
    """Parameters and what they are arranged in."""

    def first(*names: str) -> int | None:
        return next((config[name] for name in names if config.get(name)), None)

    layers, width = first("num_hidden_layers", "n_layer", "num_layers"), first("hidden_size", "d_model")
    heads, groups = first("num_attention_heads", "n_head", "num_heads"), config.get("num_key_value_heads")
    context = first("max_position_embeddings", "n_positions")
    parts = [f"`{config['architectures'][0]}`", f"{layers} camadas", f"{width} dimensões"]
    if decoder := config.get("num_decoder_layers"):
        parts[1] = f"{layers} camadas no codificador e {decoder} no decodificador"
    parts.append(f"{heads} cabeças de atenção" + (f" ({groups} de chave e valor)" if groups else ""))
    parts.append(f"vocabulário de {number(config['vocab_size'])} tokens (BPE de bytes)")
    if context:
        parts.append(f"contexto de {number(context)} tokens")
    return f"## Tamanho\n\n{number(training['parameters'])} parâmetros: {', '.join(parts)}. Pesos em float16."


def _effort(training: dict) -> str:
    """How much was read, in how long, on what."""
    read = f"{number(training['tokens'] / 1e6, 1)} milhões de tokens" if "tokens" in training else ""
    read = read or (
        f"{number(training['pairs'])} pares"
        if "pairs" in training
        else f"{number(training.get('steps', 0))} passos"
    )
    minutes = training["seconds"] / 60
    lasted = f"{number(minutes)} minutos" if minutes >= 1.5 else f"{number(training['seconds'])} segundos"
    count = training.get("processes", 1)
    where = training.get("device") or "CPU"
    with_ = f"{count} {'processos' if count > 1 else 'processo'} ({where})"
    extra = f", precisão {training['precision']}" if training.get("precision") else ""
    return f"Os pesos desta pasta vêm de uma execução que leu {read} em {lasted}, com {with_}{extra}."


def _stages(training: dict) -> str:
    """Which texts were read until when, from the curve; "" for a run of one stage."""
    ends = {point["stage"]: point["tokens"] for point in training.get("curve", []) if "stage" in point}
    if len(ends) < 2:
        return ""
    until = [f"{name} (até {number(tokens / 1e6, 1)} milhões de tokens)" for name, tokens in ends.items()]
    return f"Etapas: {', '.join(until)}."


def made(name: str, training: dict) -> str:
    """The commands, the run that made the weights, and a remark on it."""
    steps = ["python -m " + " ".join(step) for step in RECIPES.get(name, [])]
    steps = steps or [training["command"]]
    known = {step.replace(" --resume", "") for step in steps}
    ran = f" O comando foi `{training['command']}`." if training["command"] not in known else ""
    parts = ["## Como foi feito", "```\n" + "\n".join(steps) + "\n```", _effort(training) + ran]
    if training.get("base"):
        parts.append(f"Começou dos pesos de `{training['base']}`.")
    for run in training.get("earlier", []):
        lasted = number(run["seconds"] / 60)
        how = f"Antes dela, outra (`{run['command'].strip()}`) leu {number(run['pairs'])} pares"
        parts.append(f"{how} em {lasted} minutos.")
    if training.get("objective"):
        parts.append(f"Objetivo: {training['objective']}.")
    if stages := _stages(training):
        parts.append(stages)
    if training.get("note"):
        parts.append(training["note"])
    parts.append("A curva de perda está em `training.json`, as medidas em `evaluation.json`.")
    return "\n\n".join(parts)
