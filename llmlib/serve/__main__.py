"""The command: python -m llmlib.serve --model mini-instruct --port 8080."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from llmlib.serve import ServeError, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl+C. Returns the exit status: 0, or 1 with one sentence on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m llmlib.serve",
        description="Serve um modelo do curso com a API da OpenAI, só nesta máquina.",
    )
    parser.add_argument(
        "--model", default="mini-instruct", help="nome de um modelo do curso, pasta ou arquivo .gguf"
    )
    parser.add_argument("--port", type=int, default=8080, help="porta; 0 escolhe uma livre (padrão: 8080)")
    parser.add_argument("--host", default="127.0.0.1", help="endereço desta máquina (padrão: 127.0.0.1)")
    parser.add_argument("--slots", type=int, default=4, help="pedidos computados ao mesmo tempo (padrão: 4)")
    parser.add_argument("--quiet", action="store_true", help="não mostra uma linha por pedido")
    options = parser.parse_args(arguments)
    stopped = threading.Event()
    log = None if options.quiet else lambda line: print(line, flush=True)
    try:
        running = serve(options.model, options.port, options.slots, log, options.host)
    except ServeError as error:
        print(error, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    kind = "conversa e completa" if running._door.engine.chat else "completa textos (modelo base)"
    print(f"{running.model} {kind} em {running.url}. Para parar: Ctrl+C.", flush=True)
    print(f'  OpenAI(base_url="{running.url}", api_key="nenhuma")', flush=True)
    try:
        stopped.wait()
    except KeyboardInterrupt:
        print()
    running.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
