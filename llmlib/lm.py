"""LM: a causal language model and its tokenizer, with the few verbs that the course uses.

`llmlib.load` makes it. It turns text into ids (the beginning-of-text token first), runs the transformers
model inside with a KV cache, and hands out plain data: a Trace, dicts, text. Choosing tokens is the work of
`llmlib.scratch.sampling`, the same code that the chapters show. The methods of `compute` answer exactly what
the engine in the page answers, so a widget does not know which of the two it is talking to.
It does not load, download or train anything, and keeps no more than one text in its cache.

Legend: T tokens, V vocabulary, L layers, H heads, D hidden_size.
"""

import math
import warnings
from collections.abc import Generator, Iterator, Sequence
from dataclasses import fields

import numpy as np
import torch

from llmlib import passes
from llmlib.conversation import chat_ids
from llmlib.events import finished
from llmlib.scratch.sampling import Sampling, draw, find_stop, generate, probabilities, softmax, uniform
from llmlib.tokens import display, token_bytes, well_formed
from llmlib.trace import Trace


class LM:
    """A model that continues text.

    Attributes:
        name, revision: what was loaded, and which commit of it ("" for local folders).
        model, tokenizer: the real transformers objects.
        device: where it runs, a torch.device.
        context: the most tokens that it can see at once.
        bos: id put before every text, or None; eos: ids that end a text.
    """

    def __init__(self, name: str, model: object, tokenizer: object, revision: str = ""):
        self.name, self.model, self.tokenizer, self.revision = name, model, tokenizer, revision
        config = model.config
        self.device = next(model.parameters()).device
        self.context = getattr(config, "max_position_embeddings", None) or 2048
        self.bos = tokenizer.bos_token_id
        ends = [getattr(model.generation_config, "eos_token_id", None), tokenizer.eos_token_id]
        self.eos = {i for end in ends for i in (end if isinstance(end, list) else [end]) if i is not None}
        self._byte_level = "ByteLevel" in str(getattr(tokenizer.backend_tokenizer, "decoder", ""))
        self._special = set(tokenizer.all_special_ids)
        self._seen: list[int] = []  # ids whose keys and values are in the cache
        self._cache = None

    def __repr__(self) -> str:
        millions = f"{sum(p.numel() for p in self.model.parameters()) / 1e6:.1f}".replace(".", ",")
        dtype = str(self.model.dtype).removeprefix("torch.")
        where = f"contexto de {self.context} tokens, {dtype} em {self.device}"
        return f"LM {self.name}: {millions} milhões de parâmetros, {where}."

    # ---- text and ids

    def token_text(self, token: int) -> str:
        """How one token is shown."""
        piece = self.tokenizer.convert_ids_to_tokens(int(token))
        if piece is None:  # some vocabularies have fewer entries than the model has rows
            return f"⟨{token}⟩"
        return piece if token in self._special else display(token_bytes(piece, self._byte_level))

    def decode(self, ids: Sequence[int]) -> str:
        """Ids as text, special tokens left out."""
        kept = [int(i) for i in ids if i not in self._special]
        pieces = self.tokenizer.convert_ids_to_tokens(kept)
        return b"".join(token_bytes(p, self._byte_level) for p in pieces if p).decode("utf-8", "replace")

    def _ids(
        self, text: str | Sequence[int], add_bos: bool = True, written: int = 0
    ) -> tuple[list[int], int]:
        """Ids ready for the model, and how many were cut from the start so that they fit the context.

        `written`: how many tokens more must fit after them.
        """
        if isinstance(text, str):
            ids = self.tokenizer.encode(well_formed(text), add_special_tokens=False, verbose=False)
        else:
            ids = [int(i) for i in text]
            ids = ids[1:] if ids[:1] == [self.bos] else ids
            vocabulary = self.model.get_input_embeddings().num_embeddings
            if wrong := [i for i in ids if not 0 <= i < vocabulary]:
                raise ValueError(f"O id {wrong[0]} não existe: o vocabulário vai de 0 a {vocabulary - 1}.")
        start = [self.bos] if add_bos and self.bos is not None else []
        cut = max(0, len(start) + len(ids) + written - self.context)
        ids = start + ids[cut:]
        if not ids:
            raise ValueError(
                f"O texto está vazio, e {self.name} precisa de pelo menos um token para continuar."
            )
        return ids, cut

    def _tokens(self, ids: Sequence[int]) -> list[dict]:
        """Ids as widgets read them, without the beginning-of-text token."""
        body = ids[1:] if self.bos is not None and ids[:1] == [self.bos] else ids
        return [{"id": int(i), "text": self.token_text(i)} for i in body]

    def _warn(self, cut: int) -> None:
        if cut:
            warnings.warn(
                f"O texto não cabe no contexto de {self.context} tokens: os {cut} primeiros ficaram de fora.",
                stacklevel=3,
            )

    # ---- the model

    @torch.no_grad()
    def next_logits(self, ids: list[int]) -> np.ndarray:
        """Logits (V,) of the token after `ids`. Reads only what the last call had not read."""
        known = len(self._seen)
        if self._cache is None or known >= len(ids) or ids[:known] != self._seen:
            self._cache, known = None, 0  # another text: the model starts a new cache
        new = torch.tensor([ids[known:]], device=self.device)  # (1, T)
        try:
            out = self.model(input_ids=new, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        except BaseException:  # also an interruption: the cache may hold half a pass
            self._cache = None
            raise
        self._cache, self._seen = out.past_key_values, list(ids)
        return out.logits[0, -1].float().cpu().numpy()

    def trace(
        self,
        text: str | Sequence[int],
        ablate: Sequence[tuple[int, int]] = (),
        patch: Sequence[dict] = (),
    ) -> Trace:
        """One forward pass as arrays; position 0 is the beginning-of-text token, where the model has one.

        A text longer than the context keeps its end, and a warning says how much was cut.

        Args:
            ablate: (layer, head) pairs that are switched off: their mix of values is zero everywhere.
            patch: [{name, position, values}]: activations put in place of the model's own (`llmlib.passes`).
        """
        ids, cut = self._ids(text)
        self._warn(cut)
        found = passes.run(self, ids, ablate=ablate, patch=patch)
        return Trace(
            tokens=[self.token_text(i) for i in ids],
            ids=np.array(ids),
            logits=found["logits"],  # (T, V)
            attentions=found["attentions"],  # (L, H, T, T)
            hidden_states=found["hidden_states"],  # (L+1, T, D)
            model=self.name,
        )

    def next(
        self,
        text: str | Sequence[int],
        k: int = 10,
        sampling: Sampling | dict | None = None,
        generated: int = 0,
        add_bos: bool = True,
    ) -> dict:
        """The distribution of the next token.

        Args:
            k: how many tokens to list, the most probable first.
            sampling: also apply these rules: each token gets `q`, and one is `chosen`.
            generated: how many of the last tokens were generated: they count for the penalties, and number
                the draw.
        Returns: {tokens: [{id, text}], cut, top: [{id, text, p, logit}], rest, entropy}: `cut` tokens were
            left out at the start because the text is longer than the context, `rest` is the probability of
            the tokens not listed, `entropy` is in bits.
        """
        if k < 1:
            raise ValueError(f"k deve ser pelo menos 1; veio {k}.")
        ids, cut = self._ids(text, add_bos)
        logits = self.next_logits(ids).astype(np.float64)  # (V,)
        probs = softmax(logits)  # (V,)
        best = np.argsort(-probs, kind="stable")[:k]  # (k,)
        answer = {
            "tokens": self._tokens(ids),
            "cut": cut,
            "top": [self._token(i, p=probs, logit=logits) for i in best],
            "rest": float(max(0.0, 1 - probs[best].sum())),
            "entropy": float(-(probs * np.log2(np.maximum(probs, 1e-300))).sum()),
        }
        if sampling is not None:
            rules = _sampling(sampling)
            start = max(0, len(ids) - generated)
            after = probabilities(logits, rules, ids[:start], ids[start:])  # (V,)
            answer["top"] = [self._token(i, p=probs, logit=logits, q=after) for i in best]
            token = draw(after, uniform(rules.seed, generated))
            answer["chosen"] = self._token(token, p=probs, logit=logits, q=after)
        return answer

    def _token(self, token: int, **numbers: np.ndarray) -> dict:
        """One token and its entry in each of the arrays (V,)."""
        values = {name: float(array[token]) for name, array in numbers.items()}
        return {"id": int(token), "text": self.token_text(token)} | values

    # ---- generation

    def _events(
        self,
        text: str | Sequence[int],
        max_new_tokens: int = 40,
        sampling: Sampling | dict | None = None,
        stop: str | Sequence[str] | None = None,
        k: int = 0,
        add_bos: bool = True,
        written: Sequence[int] = (),
    ) -> Generator[dict, None, dict]:
        """The loop as the engine tells it: yields {token, top?}, returns {ids, text, reason, cut}.

        `written`: ids generated before, when a text is taken up again; `ids` and `text` begin with them.
        """
        if max_new_tokens < 0:
            raise ValueError(f"max_new_tokens deve ser 0 ou mais; veio {max_new_tokens}.")
        stop = [stop] if isinstance(stop, str) else list(stop or [])
        ids = [int(i) for i in written]
        prompt, cut = self._ids(text, add_bos, written=len(ids))
        ends = {"context": self.context, "eos": self.eos, "stop": stop, "decode": self.decode}
        ends["written"], reason = list(ids), "length"
        for step in generate(self.next_logits, prompt, _sampling(sampling or {}), max_new_tokens, **ends):
            ids.append(step.id)
            logits = step.logits.astype(np.float64)  # (V,)
            probs = softmax(logits)  # (V,)
            event = {"token": self._token(step.id, p=probs, logit=logits, q=step.probs)}
            if k:
                best = np.argsort(-probs, kind="stable")[:k]  # (k,)
                event["top"] = [self._token(i, p=probs, logit=logits, q=step.probs) for i in best]
            yield event
            reason = step.reason or reason
        written = self.decode(ids)
        return {"ids": ids, "text": written[: find_stop(written, stop)], "reason": reason, "cut": cut}

    def stream(
        self,
        prompt: str | Sequence[int],
        max_new_tokens: int = 40,
        *,
        stop: str | Sequence[str] | None = None,
        k: int = 0,
        **rules: float,
    ) -> Iterator[dict]:
        """As `generate`, one token at a time: yields {token: {id, text, p, logit, q}, top?}.

        p is the model's own probability, q the one after the rules; `top` lists the k most probable.
        """
        self._warn(self._ids(prompt)[1])
        yield from self._events(prompt, max_new_tokens, _sampling(rules), stop, k)

    def generate(
        self,
        prompt: str | Sequence[int],
        max_new_tokens: int = 40,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        frequency_penalty: float = 0.0,
        presence_penalty: float = 0.0,
        stop: str | Sequence[str] | None = None,
        seed: int = 0,
    ) -> str:
        """Continue `prompt`; returns the continuation alone, cut where a stop sequence begins.

        The same seed gives the same text. `llmlib.scratch.sampling` says what each rule does.
        """
        penalties = (repetition_penalty, frequency_penalty, presence_penalty)
        rules = Sampling(temperature, top_k, top_p, min_p, *penalties, seed)
        result = finished(self._events(prompt, max_new_tokens, rules, stop))[1]
        self._warn(result["cut"])
        return result["text"]

    def chat(
        self,
        messages: Sequence[dict],
        max_new_tokens: int = 200,
        *,
        stop: str | Sequence[str] | None = None,
        **rules: float,
    ) -> str:
        """The model's next turn in a conversation, [{"role": "user", "content": "…"}, …].

        `rules` are those of `generate`. Raises ValueError for a base model, which has no chat template.
        """
        if not getattr(self.tokenizer, "chat_template", None):
            raise ValueError(
                f"{self.name} é um modelo base, sem formato de conversa. Use lm.generate com o texto inteiro."
            )
        ids = chat_ids(self.tokenizer, messages, self.name)
        add_bos = ids[:1] == [self.bos]  # where the format says so
        result = finished(self._events(ids, max_new_tokens, _sampling(rules), stop, add_bos=add_bos))[1]
        self._warn(result["cut"])
        return result["text"].strip()

    # ---- measuring

    @torch.no_grad()
    def perplexity(self, texts: str | Sequence[str]) -> float:
        """exp of the mean negative log-likelihood (nats) of every token of `texts`.

        Each text starts anew, after the beginning-of-text token; one longer than the context is read in
        pieces of that length. Without such a token the first token of a piece is not scored.
        """
        total, count = 0.0, 0
        start = [self.bos] if self.bos is not None else []
        room = self.context - len(start)
        for text in [texts] if isinstance(texts, str) else texts:
            ids = self.tokenizer.encode(well_formed(text), add_special_tokens=False, verbose=False)
            for at in range(0, len(ids), room):
                piece = torch.tensor([start + ids[at : at + room]], device=self.device)  # (1, T)
                if piece.shape[1] < 2:
                    continue
                logits = self.model(input_ids=piece, use_cache=False).logits[0, :-1].float()  # (T-1, V)
                total += torch.nn.functional.cross_entropy(logits, piece[0, 1:], reduction="sum").item()
                count += piece.shape[1] - 1
        if count == 0:
            raise ValueError("Não há nenhum token para medir: passe pelo menos um texto que não seja vazio.")
        return math.exp(total / count)

    # ---- for widgets

    def compute(self, method: str, params: dict) -> dict | Generator[dict, None, dict]:
        """Answer a widget as the engine does. "generate" gives a generator of events and then the result."""
        from llmlib.compute import answer

        return answer(self, method, params)


def _sampling(rules: Sampling | dict) -> Sampling:
    """Sampling rules from plain data; an unknown knob is named."""
    if isinstance(rules, Sampling):
        return rules
    knobs = [f.name for f in fields(Sampling)]
    if unknown := [key for key in rules if key not in knobs]:
        raise ValueError(f"Não conheço o controle “{unknown[0]}”; os que existem são {', '.join(knobs)}.")
    return Sampling(**rules)
