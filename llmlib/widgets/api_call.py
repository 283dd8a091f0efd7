"""ApiCall: a request to an OpenAI-compatible server, as form, JSON and code, and its answer, as it arrives.

The answer is computed by the model of the page (or of the kernel) and given the shape that `llmlib.serve`
gives it, errors included: the same request, sent to that server, is answered with the same sentences. One
answer is recorded here. No request leaves the page: who wants one copies the code. Drawing is in
`api_call.*.js`.
"""

from __future__ import annotations

import json
import math

import traitlets

from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

END = "<|endoftext|>"
SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "frequency_penalty")
SAMPLING += ("presence_penalty", "seed")
MOST = 64  # tokens of an answer in the figure


class ApiCall(Widget):
    """A request that the reader edits and sends.

    Args:
        source: a model (anything with `compute` and `name`, as `LM`).
        prompt: the text to continue, or with `chat` the user's message.
        chat: a conversation (/v1/chat/completions) and not a completion.
        fields: fields of the request, by their names in the API (temperature, max_tokens, stop, logprobs …).
    """

    name = "api-call"
    chat = traitlets.Bool(False).tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    recording = traitlets.Dict().tag(sync=True)  # {prompt_tokens, steps: [{token, top}], reason, stop…}

    def __init__(
        self, source: object, prompt: str = "Era uma vez", chat: bool = False, **fields: object
    ) -> None:
        usual = {"max_tokens": 20, "temperature": 0.8, "seed": 7, "logprobs": 3, "stream": True}
        fields = usual | fields
        if not 1 <= fields["max_tokens"] <= MOST:
            raise ValueError(f"max_tokens vai de 1 a {MOST} nesta figura; veio {fields['max_tokens']}.")
        what = {"messages": [{"role": "user", "content": prompt}]} if chat else {"prompt": prompt}
        if chat:
            k = fields.pop("logprobs")
            fields |= {"logprobs": True, "top_logprobs": k} if k else {}
        request = {"model": source.name} | what | fields
        super().__init__(
            compute=source.compute,
            model_name=source.name,
            chat=chat,
            request=request,
            recording=record(source.compute, request),
        )

    def written(self) -> list[dict]:
        """The tokens of the recorded answer."""
        return [step["token"] for step in self.recording["steps"]]

    def summary(self) -> str:
        text = "".join(t["text"] for t in self.written() if t["text"] != END)
        where = "/v1/chat/completions" if self.chat else "/v1/completions"
        return f"Um pedido a {where} e a resposta, em {len(self.written())} partes: “{text.strip()}”."

    def fallback(self) -> str:
        body = json.dumps(self.request, ensure_ascii=False, indent=2)
        first = self.written()[0]
        return (
            f"<p>O pedido, em JSON:</p><pre>{html.escape(body)}</pre>"
            f"<p>A resposta, token por token:</p>{html.strip(self.written())}"
            f"<p>O primeiro, {html.escape(html.spoken(first['text']))}, tinha logprob {_log(first['p'])}, "
            f"isto é, probabilidade de {html.percent(first['p'])}.</p>"
        )


def _log(p: float) -> str:
    """The natural logarithm of a probability, as the page writes it: 0.5 -> '−0,693'."""
    text = html.decimal(-math.log(p), 3) if p else "∞"
    return text if text == "0,000" else f"−{text}"


def record(compute: object, request: dict) -> dict:
    """Run the request on the model: {prompt_tokens, steps, reason}."""
    what = {"messages": request["messages"]} if "messages" in request else {"text": request["prompt"]}
    read = compute("encode", dict(what))
    stop = request.get("stop", [])
    k = request.get("top_logprobs", request.get("logprobs", 0))
    asked = what | {
        "max_new_tokens": request["max_tokens"],
        "k": int(k) if not isinstance(k, bool) else 0,
        "sampling": {name: request[name] for name in SAMPLING if name in request},
        "stop": [stop] if isinstance(stop, str) else stop,
    }
    events, result = finished(compute("generate", asked))
    steps = []
    for event in events:
        top = [{"id": t["id"], "text": t["text"], "p": t["p"]} for t in event.get("top", [])]
        token = {key: event["token"][key] for key in ("id", "text", "p")}
        steps.append({"token": token, "top": top})
    return {"prompt_tokens": len(read["tokens"]) + 1, "steps": steps, "reason": result["reason"]}
