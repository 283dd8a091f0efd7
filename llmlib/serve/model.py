"""From a model's name to a llama.cpp that computes: find it, write it as GGUF once, open it.

The GGUF lies in a cache folder, named by what it was made from and by what code, so that a model trained anew
is written anew. Does not speak HTTP. llama.cpp brings an HTTP server of its own, on another port of this
machine; it is locked with a key that nobody is told, and used here for two small things (`tokenize`,
`template`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import urllib.request
from pathlib import Path

from llmlib import gguf
from llmlib.data import model_names, model_path
from llmlib.serve.errors import RequestError, ServeError, too_long

CONTROL = 3  # GGUF's number for tokens that are marks, not text
MOST_CONTEXT = 8192  # tokens of context for each request; a model that sees more is given this much
GUARD = "\ue000"  # a sign of no language, between the letters of a name that must stay text
SMALL = 200e6  # bytes of a model that one thread computes fastest


def cache() -> Path:
    """Where the written GGUF files lie: LLMLIB_CACHE, or the user's cache folder."""
    if folder := os.environ.get("LLMLIB_CACHE"):
        return Path(folder) / "gguf"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "llmlib" / "gguf"


def servable() -> list[str]:
    """Names of the bundled models that can be served: those that continue text."""
    kinds = {
        name: json.loads((model_path(name) / "config.json").read_text("utf-8")) for name in model_names()
    }
    return [name for name, config in kinds.items() if config.get("architectures") == ["Qwen3ForCausalLM"]]


def locate(model: str) -> tuple[str, Path]:
    """(name to answer to, GGUF file), written first where need be. Raises ServeError."""
    try:
        import xllamacpp  # noqa: F401
    except ImportError:
        raise ServeError(
            "Falta o pacote xllamacpp, que traz o llama.cpp. Instale com: pip install xllamacpp gguf"
        ) from None
    path = Path(model).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise ServeError(f"O arquivo {path} não existe.")
        return path.stem, path
    if model in model_names():
        folder, name = model_path(model), model
    elif path.is_dir():
        folder, name = path, path.resolve().name
    else:
        there = ", ".join(servable()) or "nenhum (faça um com make data NAME=mini-base)"
        raise ServeError(
            f"Não conheço o modelo “{model}”. Os que vêm com o curso: {there}. "
            "Também serve uma pasta no formato do Hugging Face (família Qwen3) ou um arquivo .gguf."
        )
    return name, _written(name, folder)


def _written(name: str, folder: Path) -> Path:
    """The model of `folder` as GGUF in the cache."""
    files = sorted(p for p in folder.iterdir() if p.suffix in {".json", ".safetensors", ".jinja"})
    made_from = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in [*files, Path(gguf.__file__)]]
    mark = hashlib.sha256(repr((str(folder.resolve()), made_from)).encode()).hexdigest()[:12]
    target = cache() / f"{name}-{mark}.gguf"
    if target.exists():
        return target
    try:
        gguf.write_gguf(folder, target)
    except ImportError:
        raise ServeError("Falta o pacote gguf, que escreve o modelo. Instale com: pip install gguf") from None
    except ValueError as error:  # another family: write_gguf's own sentence
        raise ServeError(str(error)) from None
    except (OSError, KeyError) as error:
        raise ServeError(f"Não consegui escrever {folder} como GGUF: falta {error}.") from error
    return target


class Engine:
    """A model open in llama.cpp. name; context (tokens); chat: does it know turns?"""

    def __init__(self, name: str, file: Path, slots: int = 4) -> None:
        from gguf import GGUFReader

        self.name, self._file, self._embedder = name, file, None
        try:
            fields = GGUFReader(file).fields
            family = fields["general.architecture"].contents()
            known = int(fields[f"{family}.context_length"].contents())
        except (ValueError, KeyError, IndexError, OSError) as error:
            raise ServeError(f"O arquivo {file} não é um GGUF inteiro. Apague-o e tente de novo.") from error
        self.chat = "tokenizer.chat_template" in fields
        kinds = fields["tokenizer.ggml.token_type"].contents()
        control = [i for i, kind in enumerate(kinds) if kind == CONTROL]
        self._marks = {fields["tokenizer.ggml.tokens"].contents(i): i for i in control}
        begins = fields.get("tokenizer.ggml.add_bos_token")
        opens = begins is not None and begins.contents()
        self._first = [int(fields["tokenizer.ggml.bos_token_id"].contents())] if opens else []
        self.context, self.slots = min(known, MOST_CONTEXT), slots
        self._grammars: dict[str, str] = {}
        self._key = secrets.token_urlsafe(24)
        self._server = self._open()

    def _open(self, **changes: object) -> object:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path, params.model_alias = str(self._file), {self.name}
        params.n_ctx, params.n_parallel = self.context * self.slots, self.slots
        threads = 1 if self._file.stat().st_size < SMALL else max(1, (os.cpu_count() or 2) // 2)
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.warmup = params.ui = params.endpoint_slots = params.show_timings = False
        params.verbosity, params.api_keys = 0, [self._key]
        for key, value in changes.items():
            setattr(params, key, value)
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise ServeError(f"O llama.cpp não abriu {self._file}: {error}.") from error

    def close(self) -> None:
        self._server = self._embedder = None

    def complete(self, body: dict, each: object = None) -> dict | None:
        """llama.cpp's answer to a completion; with `each`, one dict a call until it returns True."""
        return _checked(self._server.handle_completions, body, each)

    def converse(self, body: dict, each: object = None) -> dict | None:
        """The same for a conversation."""
        return _checked(self._server.handle_chat_completions, body, each)

    def embed(self, body: dict) -> dict:
        """Vectors: the mean of the last hidden states, of length 1. llama.cpp wants a second context."""
        if self._embedder is None:
            import xllamacpp

            pooling = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
            size = self.context  # one text must fit in one batch
            self._embedder = self._open(embedding=True, pooling_type=pooling, n_batch=size, n_ubatch=size)
        return _checked(self._embedder.handle_embeddings, body, None)

    def grammar(self, schema: dict) -> str:
        """The grammar of a JSON schema, tried once: llama.cpp ignores one that it cannot use."""
        import xllamacpp

        mark = json.dumps(schema, sort_keys=True)
        if mark not in self._grammars:
            wrong = RequestError("Não consegui fazer uma gramática deste schema.", "response_format")
            try:
                grammar = xllamacpp.json_schema_to_grammar(schema)
            except Exception as error:  # whatever the parser says of a schema, it says of this request
                raise wrong from error
            trial = self.complete({"prompt": "a", "max_tokens": 1, "temperature": 0, "grammar": grammar})
            if not trial["choices"][0]["text"].startswith("{"):
                raise wrong
            self._grammars[mark] = grammar
        return self._grammars[mark]

    def tokenize(self, text: str) -> list[int]:
        """Ids as llama.cpp reads a prompt, with the mark of the text's beginning where the model has one."""
        ask = {"content": text, "add_special": True, "parse_special": True}
        return self._inner("/tokenize", ask)["tokens"]

    def read_chat(self, messages: list[dict]) -> list[int]:
        """Ids of a conversation in the model's chat format, up to the assistant's turn.

        What a message says is text: the name of a mark in it ("<|im_end|>") is not that mark. llama.cpp alone
        would read it as one, and whoever writes a message could then write the other turns too. So a sign
        splits such names, the template is applied, and what lies between its own marks is read as plain text.
        """
        names = re.compile("|".join(map(re.escape, self._marks)) or "(?!)")
        safe = []
        for message in messages:
            said = message.get("content") or ""
            said = said if isinstance(said, str) else "".join(part.get("text", "") for part in said)
            said = names.sub(lambda found: f"{found[0][0]}{GUARD}{found[0][1:]}", said.replace(GUARD, ""))
            safe.append(message | {"content": said})
        text = self._inner("/apply-template", {"messages": safe})["prompt"]
        ids = [*self._first]  # llama.cpp takes the first mark off a template, to put it there itself
        for piece in re.split(f"({names.pattern})", text):
            if piece in self._marks:
                ids.append(self._marks[piece])
            elif piece:
                ask = {"content": piece.replace(GUARD, ""), "add_special": False, "parse_special": False}
                ids += self._inner("/tokenize", ask)["tokens"]
        return ids[1:] if ids[:2] == 2 * self._first else ids

    def _inner(self, path: str, body: dict) -> dict:
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        where = self._server.listening_address + path
        request = urllib.request.Request(where, json.dumps(body).encode(), head)
        # no proxy of the environment between two halves of one process
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
            return json.loads(reply.read())


def _checked(call: object, body: dict, each: object) -> dict | None:
    """Runs `call`; what llama.cpp refuses becomes a RequestError."""
    refused = []

    def watch(chunk: dict) -> bool:
        if "error" in chunk:
            refused.append(chunk)
            return True
        return bool(each(chunk))

    try:
        answer = call(body, watch) if each else call(body)
    except RuntimeError as error:
        raise RequestError(f"O llama.cpp recusou o pedido: {error}.") from error
    if answer and "error" in answer:
        refused.append(answer)
    if refused:
        raise translated(refused[0]["error"])
    return answer


def translated(error: dict) -> RequestError:
    """llama.cpp's error in Portuguese."""
    if error.get("type") == "exceed_context_size_error":
        return too_long(error["n_prompt_tokens"], error["n_ctx"])
    status = error.get("code", 500)
    return RequestError(f"O llama.cpp recusou o pedido: {error.get('message')}", status=status)
