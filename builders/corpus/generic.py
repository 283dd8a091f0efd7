"""Relations out of the whole lexicon, or with an invented verb or noun, in many orders of words.

What they teach is the rule under every relation: find the sentence that shares the question's words and
answer with the rest. A frame below is compiled once, then its marks are replaced: `<V>` (verb, past), `<P>`
(participle without its last letters), `<A>`, `<B>` (adverbial phrases), `<N>` (a noun), and `<oN>`, `<aoN>`,
`<umN>`, `<cujoN>` (the noun with a word before it). Some of a frame's last wordings are held out of training.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from functools import lru_cache
from zlib import crc32

from builders.corpus.invented import word
from builders.corpus.morphology import conjugate, participle
from builders.corpus.relations import Relation, Template, parse, relations
from builders.corpus.values import carried

EVENT = """evento | pessoa | coisa
= {o s} <V> {X v}.
= {X v} foi <P>{SUF v} {pelo s}.
= Quem <V> {X v} foi {o s}.
= Foi {o s} quem <V> {X v}.
= O que {o s} <V> foi {X v}.
= <A>, {o s} <V> {X v}.
= {o s} <V> {X v} <B>.
= {o s}, <B>, <V> {X v}.
= A pessoa que <V> {X v} foi {o s}.
= <A>, {X v} foi <P>{SUF v} {pelo s}.
= Foi {X v} o que {o s} <V>.
= {o s} parou, pensou um pouco e <V> {X v}.
= {X v} foi <P>{SUF v} <B> {pelo s}.
= <A>, quem <V> {X v} foi {o s}.
= {o s}, que chegou antes de todos, <V> {X v}.
= Foi {pelo s} que {X v} foi <P>{SUF v}.
= Quanto {ao s}, <V> {X v} <B>.
> {X v}
? O que {o s} <V>?
? {o s} <V> o quê?
? O que foi <P>SUF {pelo s}?
? O que foi que {o s} <V>?
? Sabe o que {o s} <V>?
? Diga: o que {o s} <V>?
? Que coisa {o s} <V>?
? E {o s}, o que <V>?
! Quem <V> {o v}?
! Quem foi que <V> {o v}?
! Por quem {o v} foi <P>{SUF v}?
! {o v}: quem <V>? > {o s}
! Foi quem que <V> {o v}?
~ {o s} <V> {X v}?
"""
PEOPLE = """encontro | pessoa | pessoa
= {o s} <V> {o v}.
= {o v} foi <P>{SUF v} {pelo s}.
= Quem <V> {o v} foi {o s}.
= Foi {o s} quem <V> {o v}.
= <A>, {o s} <V> {o v}.
= {o s} <V> {o v} <B>.
= {o s}, <B>, <V> {o v}.
= A pessoa que <V> {o v} foi {o s}.
= <A>, {o v} foi <P>{SUF v} {pelo s}.
= A pessoa que {o s} <V> foi {o v}.
= Foi {pelo s} que {o v} foi <P>{SUF v}.
= {o s} chegou sem pressa e <V> {o v}.
> {o v}
? Quem foi <P>SUF {pelo s}?
? Quem é que {o s} <V>?
? {o s} <V> quem?
? Que pessoa {o s} <V>?
? Qual foi a pessoa que {o s} <V>?
! Quem <V> {o v}?
! Por quem {o v} foi <P>{SUF v}?
! Quem foi que <V> {o v}?
! Foi por quem que {o v} foi <P>{SUF v}?
~ {o s} <V> {o v}?
"""
ATTRIBUTE = """atributo | pessoa | palavra
= <oN> {do s} é {o v}.
= {o v} é <oN> {do s}.
= {o s} tem {o v} como <N>.
= No caso {do s}, <oN> é {o v}.
= É {o v} <oN> {do s}.
= Para {o s}, <oN> é {o v}.
= <oN> {do s}, <B>, é {o v}.
= {o s} tem <umN>: {o v}.
= {o s}, <cujoN> é {o v}, não muda de ideia.
= Sabe-se que <oN> {do s} é {o v}.
= {o s} escolheu {o v} como <N>.
= Quanto {ao s}, <oN> é {o v}.
= Entre outras coisas, <oN> {do s} é {o v}.
= Como <N>, {o s} tem {o v}.
> {o v}
? Qual é <oN> {do s}?
? <oN> {do s} é qual?
? Você pode dizer qual é <oN> {do s}?
? Sobre {o s}: qual é <oN>?
? Que <N> {o s} tem?
? {o s} tem que <N>?
? E <oN> {do s}, qual é?
! De quem {o v} é <oN>?
! Quem tem {o v} como <N>?
! {o v} é <oN> de quem?
~ <oN> {do s} é {o v}?
"""
ADVERBS_FRONT = [
    "Ontem",
    "De manhã",
    "No sábado",
    "Na semana passada",
    "Em março",
    "Antes do almoço",
    "Depois da chuva",
    "Na praça",
    "Em casa",
    "No fim da tarde",
    "Um dia",
    "Sem pressa",
    "Perto da escola",
    "Na terça-feira",
    "Durante a festa",
    "Às escondidas",
    "Enfim",
    "Com cuidado",
    "No ano passado",
    "Naquela noite",
    "À tarde",
    "Por engano",
    "Com ajuda",
    "No caminho de casa",
]
ADVERBS_AFTER = [
    "ontem",
    "de manhã",
    "no sábado",
    "na semana passada",
    "em março",
    "antes do almoço",
    "depois da chuva",
    "na praça",
    "em casa",
    "no fim da tarde",
    "há dois dias",
    "sem pressa",
    "perto da escola",
    "na terça-feira",
    "durante a festa",
    "às escondidas",
    "com cuidado",
    "no ano passado",
    "naquela noite",
    "à tarde",
    "por engano",
    "com muita calma",
    "no caminho de casa",
]
THING_VERBS = [
    "abrir",
    "achar",
    "amarrar",
    "apagar",
    "apertar",
    "arrumar",
    "buscar",
    "carregar",
    "chutar",
    "colar",
    "copiar",
    "cortar",
    "costurar",
    "desenterrar",
    "devolver",
    "encher",
    "encontrar",
    "enfeitar",
    "enxugar",
    "esconder",
    "esquecer",
    "estudar",
    "exibir",
    "ganhar",
    "girar",
    "iluminar",
    "imaginar",
    "inventar",
    "juntar",
    "lavar",
    "levantar",
    "limpar",
    "medir",
    "mexer",
    "molhar",
    "montar",
    "mostrar",
    "observar",
    "oferecer",
    "pegar",
    "pendurar",
    "perder",
    "planejar",
    "preparar",
    "procurar",
    "proteger",
    "puxar",
    "recolher",
    "reconhecer",
    "salvar",
    "secar",
    "segurar",
    "soltar",
    "tocar",
    "trazer",
    "usar",
    "vigiar",
    "virar",
    "descobrir",
    "desmontar",
    "empurrar",
    "alugar",
    "reformar",
    "bordar",
    "carimbar",
    "catalogar",
    "coletar",
    "derrubar",
    "despachar",
    "entortar",
    "envernizar",
    "escolher",
    "estragar",
    "filmar",
    "herdar",
    "importar",
    "leiloar",
    "lixar",
    "lustrar",
    "numerar",
    "pesar",
    "recuperar",
    "registrar",
    "remendar",
    "rifar",
    "selecionar",
    "tingir",
    "transportar",
    "trancar",
    "desejar",
    "enrolar",
    "sacudir",
    "raspar",
    "dobrar",
    "perfurar",
    "riscar",
    "encerar",
    "enviar",
    "anunciar",
    "elevar",
    "contratar",
    "recusar",
    "aceitar",
    "merecer",
    "roubar",
    "furar",
    "pisar",
    "rachar",
    "engraxar",
    "etiquetar",
    "exportar",
    "testar",
    "aprovar",
    "batizar",
    "admirar",
    "restaurar",
    "desmanchar",
]
PEOPLE_VERBS = [
    "avisar",
    "acalmar",
    "aplaudir",
    "apresentar",
    "cumprimentar",
    "atender",
    "chamar",
    "contratar",
    "convencer",
    "criticar",
    "enganar",
    "esperar",
    "hospedar",
    "imitar",
    "irritar",
    "seguir",
    "perseguir",
    "premiar",
    "proteger",
    "reconhecer",
    "resgatar",
    "surpreender",
    "socorrer",
    "vigiar",
    "orientar",
    "derrotar",
    "admirar",
    "alcançar",
    "receber",
    "observar",
    "escutar",
    "alimentar",
    "animar",
    "recompensar",
    "interrogar",
    "fiscalizar",
    "curar",
    "ouvir",
    "julgar",
    "liderar",
    "nomear",
    "obedecer",
    "ameaçar",
    "processar",
    "retratar",
    "sequestrar",
    "transportar",
]
BANNED = {"obedecer", "sequestrar", "ameaçar"}
ATTRIBUTES = {
    "nome": "o lema|o mascote|o destino|o hino|o símbolo|o rival|o padroeiro|o time|a cantora|o guia",
    "palavra": "a senha|a contrassenha|a palavra-chave|a saudação|o grito de guerra|a língua secreta",
    "numero": "a meta|o limite|o recorde|o número de chamada|a pontuação|a nota|a posição|o andar|a vaga",
    "codigo": "a matrícula|o assento|o lote|a placa|o modelo|o armário|o portão|o registro|a carteira",
    "reais": "a dívida|a multa|o prêmio|a mesada|o orçamento|a taxa|a aposta|o troco|a mensalidade",
    "cidade": "a origem|o destino|a sede|a parada preferida|o porto de partida|a terra natal",
    "titulo": "a obra-prima|o livro de cabeceira|a canção preferida|o espetáculo|o discurso|a peça|o filme",
    "coisa": "o tesouro|o amuleto|o presente|a herança|a invenção|o brinquedo preferido|a relíquia",
    "telefone": "o telefone|o contato|o número de emergência",
    "endereco": "o endereço|o ponto de encontro|o domicílio|o local da entrega",
    "duracao": "o prazo|a duração da viagem|a espera|a folga|a garantia",
    "data": "a estreia|a data da prova|o vencimento|o dia da mudança|o início das aulas",
    "data_curta": "a validade|a data de fundação|o registro de entrada",
    "porcento": "o desconto|o acerto|o aproveitamento|o aumento|a porcentagem",
    "peso": "o peso|a carga|o limite de carga",
    "temperatura": "a temperatura ideal|a febre|a temperatura máxima",
    "fruta": "o sabor|o ponto fraco|o lanche|a fruta da sorte",
    "bicho": "o emblema|o companheiro|o bicho de estimação|o animal da bandeira",
    "cor": "o uniforme preferido|o tom|a cor da sorte|a cor oficial",
    "quantia": "a cota|o pedido|a doação|a encomenda|o estoque",
    "hora": "o horário|o toque de recolher|o encerramento|a hora do remédio",
    "distancia": "o alcance|o trajeto|a distância percorrida",
    "pessoa": "o herói|a pessoa de confiança|o ídolo|o rival|o substituto|a madrinha",
    "esporte": "a especialidade|a paixão|o passatempo|o ponto forte",
    "material": "a matéria-prima|o material|o revestimento",
}
OWNERS = [
    "pessoa",
    "pessoa",
    "pessoa",
    "pessoa",
    "empresa",
    "loja",
    "escola",
    "time",
    "ilha",
    "hotel",
    "museu",
    "fazenda",
    "banda",
    "reino",
    "robo",
    "navio",
    "servico",
    "servico",
    "servico",
]
PLAIN = str.maketrans("ãêéôóáíúâ", "aeeooaiua")
HELD_SHARE = 10
LAST_HELD = {"statements": 2, "questions": 1, "reverse": 1}


@lru_cache(maxsize=256)
def _frame(text: str, suffix: str, article: str, wordings: str, plain: bool = False) -> Relation:
    """A frame compiled for one ending of the participle and one article of its value.

    plain: without the wordings that use the noun bare, which a noun like "a cor do balde" does not bear.
    """
    text = text.replace("<P>SUF", "<P>" + suffix).replace("{SUF v}", "{" + suffix + " v}")
    relation = parse(text.replace("{X v}", "{" + article + " v}"), "generic.py")[0]
    kept = {}
    for name, count in LAST_HELD.items():
        every = getattr(relation, name)
        # the third from the end, and so on: which wordings training never shows
        held = {len(every) - 1 - 2 * i for i in range(count)}
        kept[name] = [
            w for i, w in enumerate(every) if wordings == "all" or (i in held) == (wordings == "held_out")
        ]
    if plain:
        kept = {
            name: [w for w in each if "<N>" not in str(w) and "<umN>" not in str(w) and "<cujo" not in str(w)]
            for name, each in kept.items()
        }
    return replace(relation, **kept, yes_no=[] if wordings == "held_out" else relation.yes_no)


_MARK = re.compile(r"<\w+>")


def _some(rng: random.Random, wordings: list, count: int) -> list:
    """The first and some others: as many as one passage can use."""
    return wordings if len(wordings) <= count else [wordings[0], *rng.sample(wordings[1:], count - 1)]


def _respell(
    rng: random.Random, frame: Relation, name: str, words: dict[str, str], **changes: str
) -> Relation:
    def word_of(mark: re.Match) -> str:
        return words[mark.group()]

    def swap(template: Template) -> Template:
        return tuple(
            _MARK.sub(word_of, part) if part.__class__ is str and "<" in part else part for part in template
        )

    return replace(
        frame,
        name=name,
        statements=[swap(t) for t in _some(rng, frame.statements, 5)],
        questions=[(swap(q), a) for q, a in _some(rng, frame.questions, 4)],
        reverse=[(swap(q), a) for q, a in _some(rng, frame.reverse, 2)],
        yes_no=[swap(t) for t in frame.yes_no],
        **changes,
    )


def _verbal(
    rng: random.Random, name: str, past: str, part: str, kind: str, value: str, article: str, wordings: str
) -> Relation:
    frame = _frame(EVENT if kind == "coisa" else PEOPLE, part[-3:], article, wordings)
    words = {
        "<V>": past,
        "<P>": part[:-3],
        "<A>": rng.choice(ADVERBS_FRONT),
        "<B>": rng.choice(ADVERBS_AFTER),
    }
    return _respell(rng, frame, name, words, value=value)


def _noun_words(rng: random.Random, noun: str) -> dict[str, str]:
    head, _, rest = noun.partition(" ")
    male = head == "o"
    return {
        "<N>": rest,
        "<oN>": noun,
        "<aoN>": ("ao " if male else "à ") + rest,
        "<umN>": ("um " if male else "uma ") + rest,
        "<cujoN>": ("cujo " if male else "cuja ") + rest,
        "<B>": rng.choice(("como se sabe", "desde ontem", "até agora", "por enquanto", "segundo dizem")),
    }


def held_out(name: str) -> bool:
    """Whether a relation of the lexicon is kept out of training, by a stable hash of its verb or noun."""
    return crc32(name.encode()) % HELD_SHARE == 0


@lru_cache(maxsize=1)
def _choices() -> dict[str, list[tuple]]:
    """Verbs (name, past, participle, kind) and nouns (name, noun, kind), by whether they are held out."""
    found: dict[str, list[tuple]] = {"trained": [], "held_out": [], "nouns trained": [], "nouns held_out": []}
    # words that the written tables train with are no longer new: never counted as held out, and the reverse
    words: dict[bool, set[str]] = {True: set(), False: set()}
    for relation in relations().values():
        for template in relation.statements:
            for part in template:
                if part.__class__ is str:
                    words[relation.held_out].update(re.findall(r"\w+", part))
    reserved = words[True] - words[False]
    for kind, verbs in (("coisa", THING_VERBS), ("pessoa", PEOPLE_VERBS)):
        for verb in dict.fromkeys(verbs):
            past = conjugate(verb, "perfeito")
            if verb in BANNED or past in reserved:
                continue
            which = "held_out" if held_out(verb) and past not in words[False] else "trained"
            found[which].append((f"lex:{verb}", past, participle(verb), kind))
    nouns = [(noun, kind) for kind, each in ATTRIBUTES.items() for noun in each.split("|")]
    for noun, kind in nouns:
        known = noun.partition(" ")[2] in words[False]
        which = "held_out" if held_out(noun) and not known else "trained"
        found["nouns " + which].append((f"lex:{noun}/{kind}", noun, kind))
    for thing in carried()[0]:
        of = "do " if thing.gender == "m" else "da "
        for noun, kind in (("a cor " + of + thing.text, "cor"), ("o preço " + of + thing.text, "reais")):
            found["nouns trained"].append((f"lex:{noun}/{kind}", noun, kind))
    return found


THINGS_DONE = (
    "coisa",
    "coisa",
    "coisa",
    "objeto",
    "bicho",
    "fruta",
    "especie",
    "roupa",
    "instrumento",
    "comida",
    "livro",
    "titulo",
)


def _article(rng: random.Random, value: str) -> str:
    return "o" if value in ("titulo", "livro", "quantia") or rng.random() < 0.5 else "um"


def from_lexicon(rng: random.Random, which: str = "trained", wordings: str = "trained") -> Relation:
    """A relation whose verb or noun is drawn from the lexicon: "trained" or "held_out" ones."""
    table = _choices()
    if rng.random() < 0.6:
        name, past, part, kind = rng.choice(table[which])
        value = rng.choice(THINGS_DONE) if kind == "coisa" else kind
        return _verbal(rng, name, past, part, kind, value, _article(rng, value), wordings)
    name, noun, kind = rng.choice(table["nouns " + which])
    of_thing = kind in ("cor", "reais") and noun.startswith(("a cor d", "o preço d"))
    frame = _frame(ATTRIBUTE, "ado", "o", wordings, of_thing and wordings != "held_out")
    # a thing's colour or price belongs to a person; other nouns to anybody and anything
    owner = "pessoa" if kind in ("cor", "material", "pessoa") or " d" in noun else rng.choice(OWNERS)
    made = _respell(rng, frame, name, _noun_words(rng, noun), value=kind, subject=owner)
    return made if owner == "pessoa" else replace(made, reverse=[])


def invented_relation(rng: random.Random, split: str, wordings: str = "trained") -> Relation:
    """A relation whose verb or noun is itself invented: only the passage tells what is asked."""
    if rng.random() < 0.5:
        stem = word(rng, split, "m").rstrip("aeiouãêéôóáíúlrszmnqg").translate(PLAIN)
        while len(stem) < 3:
            stem = word(rng, split, "m").rstrip("aeiouãêéôóáíúlrszmnqg").translate(PLAIN)
        kind = rng.choice(("coisa", "coisa", "pessoa"))
        value = rng.choice(THINGS_DONE) if kind == "coisa" else kind
        past, part = rng.choice(((stem + "ou", stem + "ado"), (stem + "eu", stem + "ido"),
                                 (stem + "iu", stem + "ido")))  # fmt: skip
        return _verbal(rng, f"inv:{stem}", past, part, kind, value, _article(rng, value), wordings)
    gender = rng.choice("mf")
    noun = ("o " if gender == "m" else "a ") + word(rng, split, gender)
    kind = rng.choice(("palavra", "nome", "numero", "cor", "codigo", "fruta", "bicho", "cidade", "dia",
                       "coisa", "reais", "titulo", "quantia", "data"))  # fmt: skip
    frame = _frame(ATTRIBUTE, "ado", "o", wordings)
    made = _respell(rng, frame, f"inv:{noun}", _noun_words(rng, noun), value=kind, subject=rng.choice(OWNERS))
    return made if made.subject == "pessoa" else replace(made, reverse=[])
