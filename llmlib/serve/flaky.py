"""A server that really fails at times: it stands in front of another one and spoils some of the requests.

For learning to retry, and for testing that one does it well. The failures are those that real services
have: 429 with Retry-After, 500, 503, a connection that drops, an answer that comes late or is cut. Which
request fails is drawn with a seed. Loopback only; it passes bodies on unread.
"""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = ("429", "500", "503", "drop", "late", "cut")
SAID = {
    "429": "Pedidos demais. Espere e tente de novo.",
    "500": "O servidor falhou.",
    "503": "O servidor está cheio.",
}


class Flaky:
    """with Flaky(url, rate=0.3, seed=1) as bad_url: …

    Args:
        url: of the good server, with /v1.
        rate: the probability that a request fails, 0 to 1.
        kinds: which failures are drawn, from KINDS.
        seed: of the draws; late: seconds that a "late" answer waits; retry_after: what a 429 says.
        log: what happened to each request, in order ("ok" or a kind); read it afterwards.
    """

    def __init__(
        self,
        url: str,
        rate: float = 0.3,
        kinds: tuple = ("429", "503"),
        seed: int = 0,
        late: float = 3.0,
        retry_after: float = 0.05,
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"rate vai de 0 a 1; veio {rate}.")
        if wrong := [k for k in kinds if k not in KINDS]:
            raise ValueError(f"Não conheço a falha “{wrong[0]}”; as que há são {', '.join(KINDS)}.")
        self.target, self.rate, self.kinds = url.removesuffix("/v1"), rate, tuple(kinds)
        self.late, self.retry_after = late, retry_after
        self.log: list[str] = []
        self._draws, self._lock = random.Random(seed), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def fate(self) -> str:
        """What happens to the next request."""
        with self._lock:
            kind = self._draws.choice(self.kinds) if self._draws.random() < self.rate else "ok"
            self.log.append(kind)
        return kind

    def __enter__(self) -> str:
        return self.url

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type:
        proxy = self
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.close_connection = True
                kind = proxy.fate()
                if kind == "drop":
                    return
                if kind == "late":
                    time.sleep(proxy.late)
                if kind in SAID:
                    error = {
                        "error": {"message": SAID[kind], "type": "server_error", "param": None, "code": None}
                    }
                    return self._send(int(kind), "application/json", json.dumps(error).encode())
                head = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                try:
                    with opener.open(urllib.request.Request(proxy.target + self.path, body, head)) as reply:
                        status, type_, answer = reply.status, reply.headers["Content-Type"], reply.read()
                except urllib.error.HTTPError as error:
                    status, type_, answer = error.code, error.headers["Content-Type"], error.read()
                self._send(status, type_, answer, cut=kind == "cut")

            def _send(self, status: int, kind: str, body: bytes, cut: bool = False) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    if status == 429:
                        self.send_header("Retry-After", str(proxy.retry_after))
                    self.end_headers()
                    self.wfile.write(body[: len(body) // 2] if cut else body)
                except OSError:  # the client gave up first
                    pass

            def log_message(self, *_: object) -> None:
                pass

        return Handler
