"""The HTTP side: reads a request, has it checked, runs it, and sends the reply, whole or as it is made.

A request that is wrong, a client that hangs up and a model that refuses each end that one request, and
nothing else. Only this machine is served: the address is a loopback one, a Host that is not ours is turned
away (a web page whose name was pointed here), and bodies must say that they are JSON (so a page elsewhere
cannot post one unasked); no CORS header is ever sent. Does not know llama.cpp's words: `request` does.
"""

from __future__ import annotations

import ipaddress
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from llmlib.serve import answer, penalties, request
from llmlib.serve.errors import RequestError, ServeError, too_long
from llmlib.tokens import well_formed

MOST_BYTES = 8 << 20  # of a request's body
GONE = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError, TimeoutError)
PATHS = {f"/v1/{name}": name for name in request.FIELDS}


class Door(ThreadingHTTPServer):
    """The listening socket; `engine` is set before it answers anybody."""

    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = os.name != "nt"  # there it would let two servers share a port

    def __init__(self, host: str, port: int, log: Callable[[str], None] | None = None) -> None:
        self.engine, self.log = None, log or (lambda line: None)
        if host != "localhost" and not _loopback(host):
            raise ServeError(
                f"O servidor do curso só atende esta máquina, e {host} é outro endereço. Use 127.0.0.1."
            )
        if not 0 <= port <= 65535:
            raise ServeError(f"Uma porta vai de 1 a 65535 (ou 0, para uma livre); veio {port}.")
        try:
            super().__init__(("127.0.0.1" if host == "localhost" else host, port), Handler)
        except PermissionError:
            raise ServeError(f"O sistema não deixa usar a porta {port}. Escolha uma acima de 1024.") from None
        except OSError as error:
            raise ServeError(
                f"A porta {port} já está em uso (ou não pode ser aberta: {error.strerror}). "
                f"Feche o outro programa, ou escolha outra: --port {port + 1 if port < 65535 else 8080}."
            ) from None

    def handle_error(self, request: object, client_address: object) -> None:
        """Whatever escaped a request's thread is told in one line; the server goes on."""
        import sys

        self.log(f"um pedido parou: {type(sys.exc_info()[1]).__name__}")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback and ":" not in host
    except ValueError:
        return False


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "llmlib"
    timeout = 60  # seconds that a silent client is waited for

    # ---- reading

    def do_GET(self) -> None:
        self._guarded(self._get)

    def do_POST(self) -> None:
        self._guarded(self._post)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Runs `work`; every way to fail becomes a JSON error, or the end of this connection."""
        self.streaming, self.began, self.status = False, time.perf_counter(), 200
        try:
            self._check_host()
            work()
        except RequestError as error:
            self._fail(error)
        except GONE:
            self.status, self.close_connection = 499, True
        except Exception as error:  # a fault of ours must not leave the client waiting
            self._fail(
                RequestError(f"O servidor falhou neste pedido ({type(error).__name__}: {error}).", status=500)
            )
        spent = 1000 * (time.perf_counter() - self.began)
        path = "".join(c if c.isprintable() else "?" for c in self.path[:80])  # it is somebody else's text
        self.server.log(f"{self.command} {path} → {self.status} em {spent:.0f} ms")

    def _check_host(self) -> None:
        name = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if name not in ("127.0.0.1", "localhost", self.server.server_address[0]):
            self.close_connection = True
            raise RequestError("Este servidor só atende por 127.0.0.1 ou localhost.", status=403)

    def _get(self) -> None:
        engine = self.server.engine
        path = self.path.split("?")[0].rstrip("/")
        model = {
            "id": engine.name,
            "object": "model",
            "created": 0,
            "owned_by": "llmlib",
            "max_model_len": engine.context,
        }
        if path == "/health":
            return self._json(200, {"status": "ok"})
        if path == "/v1/models":
            return self._json(200, {"object": "list", "data": [model]})
        if path == f"/v1/models/{engine.name}":
            return self._json(200, model)
        if path in PATHS:
            raise RequestError(f"{path} se pede com POST.", status=405)
        raise self._no_path(path)

    def _no_path(self, path: str) -> RequestError:
        there = ", ".join(["/v1/models", *PATHS])
        return RequestError(f"Não existe o endereço {path}. Os que existem: {there}.", status=404)

    def _post(self) -> None:
        path = self.path.split("?")[0].rstrip("/")
        raw = self._body()  # read first, so that the connection can go on after an error
        if path not in PATHS:
            raise self._no_path(path)
        kind = self.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise RequestError("Mande o pedido com Content-Type: application/json.", status=415)
        try:
            given = json.loads(raw)
            given = json.loads(well_formed(json.dumps(given, ensure_ascii=False)))  # lone surrogates
        except json.JSONDecodeError as error:
            raise RequestError(
                f"O pedido não é JSON: linha {error.lineno}, coluna {error.colno} ({error.msg})."
            ) from None
        except (ValueError, RecursionError):
            raise RequestError("O pedido não é JSON em UTF-8.") from None
        asked = request.read(PATHS[path], given)
        engine = self.server.engine
        if asked.get("model", engine.name) != engine.name:
            raise RequestError(
                f"Este servidor tem o modelo {engine.name}; veio {asked['model']}.",
                "model",
                "model_not_found",
                404,
            )
        if PATHS[path] == "embeddings":
            return self._json(200, self._embeddings(asked))
        self._generate(PATHS[path], asked)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length")
        if length is None or not length.isdigit():
            self.close_connection = True
            raise RequestError("Falta o cabeçalho Content-Length.", status=411)
        if int(length) > MOST_BYTES:
            self.close_connection = True
            raise RequestError(f"O pedido passa de {MOST_BYTES >> 20} MB.", status=413)
        return self.rfile.read(int(length))

    # ---- answering

    def _embeddings(self, asked: dict) -> dict:
        """One text a call: in one batch, llama.cpp (November 2026) mixed the vectors of several."""
        rows, read = [], 0
        for index, text in enumerate(asked["input"]):
            body = {"input": text, "encoding_format": asked.get("encoding_format", "float")}
            reply = self.server.engine.embed(body)
            rows.append(reply["data"][0] | {"index": index})
            read += reply["usage"]["prompt_tokens"]
        spent = {"prompt_tokens": read, "total_tokens": read}
        return {"object": "list", "model": self.server.engine.name, "data": rows, "usage": spent}

    def _generate(self, endpoint: str, asked: dict) -> None:
        engine, chat = self.server.engine, endpoint == "chat/completions"
        if chat and not engine.chat:
            raise RequestError(
                f"{engine.name} é um modelo base, sem formato de conversa: "
                "use /v1/completions com o texto inteiro.",
                "messages",
            )
        work = Work(engine, endpoint, asked)
        if not asked.get("stream"):
            return self._json(200, work.whole())
        usage = work.stream(self._event)
        if (asked.get("stream_options") or {}).get("include_usage"):
            self._event(work.head | {"object": work.kind, "choices": [], "usage": usage})
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: dict | str) -> bool:
        """One line of the stream; True when the client is gone, which stops llama.cpp."""
        if not self.streaming:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.streaming = True
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        line = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        return False

    def _json(self, status: int, value: dict) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        self.status = status
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, error: RequestError) -> None:
        try:
            if self.streaming:  # too late for a status: the stream itself says it
                self._event(error.body())
                self.wfile.write(b"0\r\n\r\n")
                self.status = error.status
            else:
                self._json(error.status, error.body())
        except GONE:
            self.status, self.close_connection = 499, True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses (a broken request line, another verb), as JSON too."""
        self.close_connection, self.streaming = True, False
        self.request_version = self.protocol_version  # else a broken request line is answered without a head
        self._fail(RequestError(f"O servidor não entende este pedido HTTP ({message}).", status=code))

    def log_message(self, *_: object) -> None:
        pass  # `log` gets one line a request


class Work:
    """One checked request: its prompts times n, each an answer of llama.cpp's.

    A conversation is one prompt of ids, read here; only one with tools goes to llama.cpp as it is, because it
    writes the tools into the prompt and finds the calls in the answer.
    """

    def __init__(self, engine: object, endpoint: str, asked: dict) -> None:
        self.engine, self.chat, self.asked = engine, endpoint == "chat/completions", asked
        self.k, self.head = request.top(asked), penalties.heading(engine.name, endpoint == "chat/completions")
        self.kind = "chat.completion.chunk" if self.chat else "text_completion"  # of a piece of the stream
        self.tools = self.chat and bool(asked.get("tools"))
        self.body = request.for_llama(asked, engine.context, engine.grammar, self.tools)
        self.penalised = bool(asked.get("frequency_penalty") or asked.get("presence_penalty"))
        if self.tools:
            prompts = [None]
        else:
            prompts = [engine.read_chat(asked["messages"])] if self.chat else asked["prompt"]
        self.jobs, self.offset = [], []
        for prompt in prompts:
            for i in range(asked.get("n", 1)):
                body = self.body if prompt is None else self.body | {"prompt": prompt}
                if "seed" in body:
                    body = body | {"seed": (body["seed"] + i) % 2**32}
                self.jobs.append(body)
                self.offset.append(len(prompt) if isinstance(prompt, str) else 0)

    def whole(self) -> dict:
        """The reply in one piece; several answers are computed side by side."""
        with ThreadPoolExecutor(self.engine.slots) as pool:
            parts = list(pool.map(self._one, range(len(self.jobs))))
        reply = self.head | {"object": "chat.completion" if self.chat else "text_completion"}
        reply["choices"] = [choice for choice, _ in parts]
        reply["usage"] = total([usage for _, usage in parts])
        return answer.shaped(reply, self.k, not self.chat, self.offset)

    def stream(self, send: Callable[[dict], bool]) -> dict:
        """The reply in pieces, one answer after the other; returns the usage. Stops when `send` cannot."""
        return total([self._flow(index, send) for index in range(len(self.jobs))])

    def _one(self, index: int) -> tuple[dict, dict]:
        if self.penalised:
            ids, parts = self._pieces(index)
            done = list(parts)
            return penalties.whole(done, index, self.chat), usage(len(ids), done[-1]["tokens"])
        call = self.engine.converse if self.tools else self.engine.complete
        reply = call({k: v for k, v in self.jobs[index].items() if not k.startswith("stream")})
        return answer.turn(reply["choices"][0], index, self.chat, "message"), reply["usage"]

    def _flow(self, index: int, send: Callable[[dict], bool]) -> dict:
        def each(choice: dict) -> None:
            chunk = self.head | {"object": self.kind, "choices": [choice]}
            send(answer.shaped(chunk, self.k, not self.chat, self.offset))

        if self.chat and not self.tools:
            each({"index": index, "delta": {"role": "assistant", "content": ""}, "finish_reason": None})
        if self.penalised:
            ids, parts = self._pieces(index)
            for part in parts:
                each(penalties.choice(part, index, self.chat))
            return usage(len(ids), part["tokens"])
        spent, lost = {}, []

        def hear(chunk: dict) -> bool:
            spent.update(chunk.get("usage") or {})
            try:
                for choice in chunk.get("choices", []):
                    each(answer.turn(choice, index, self.chat, "delta"))
            except (OSError, ValueError) as error:  # the client hung up: True tells llama.cpp to stop
                lost.append(error)
            return bool(lost)

        call = self.engine.converse if self.tools else self.engine.complete
        call(self.jobs[index] | {"stream": True, "stream_options": {"include_usage": True}}, hear)
        if lost:
            raise lost[0] if isinstance(lost[0], GONE) else ConnectionResetError
        return spent

    def _pieces(self, index: int) -> tuple[list[int], object]:
        """The ids of a prompt, and the pieces of its answer under the penalties."""
        body, context = self.jobs[index], self.engine.context
        prompt = body["prompt"]
        ids = prompt if isinstance(prompt, list) else self.engine.tokenize(prompt)
        if len(ids) >= context:
            raise too_long(len(ids), context)
        return ids, penalties.pieces(self.engine.complete, ids, self.asked, body, context)


def usage(read: int, written: int) -> dict:
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def total(all_usage: list[dict]) -> dict:
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return {name: sum(each.get(name, 0) for each in all_usage) for name in names}
