"""serve: a model of the course behind the HTTP interface that OpenAI made common, on this machine only.

    python -m llmlib.serve --model mini-instruct --port 8080          # in a terminal

    with serve("mini-instruct") as url:                               # in a notebook, on a free port
        client = OpenAI(base_url=url, api_key="nenhuma")

llama.cpp (through `xllamacpp`) computes; `request` says what may be asked and refuses the rest by name,
`answer` gives replies their shape, `penalties` counts as OpenAI does, `door` speaks HTTP, `model` turns a
name into a file that llama.cpp opens. It listens on the loopback address alone, has no keys and no accounts:
it is for one person's machine, not for the internet. At scale the same client speaks to vLLM.
"""

from __future__ import annotations

from llmlib.serve.errors import ServeError

__all__ = ["Running", "ServeError", "serve"]


def serve(
    model: str = "mini-instruct", port: int = 0, slots: int = 4, log: object = None, host: str = "127.0.0.1"
) -> Running:
    """Start a server in this process; returns at once when it is ready to answer.

    Args:
        model: a model of the course, a folder with a model that `llmlib.gguf` can write, or a .gguf file.
        port: 0 takes any free one.
        slots: how many requests are computed at the same time; the others wait.
        log: called with one line a request; None keeps quiet.
        host: a loopback address; anything else is refused.
    Raises ServeError, in Portuguese: unknown model, port in use, xllamacpp missing, not a loopback address.
    """
    from llmlib.serve.door import Door
    from llmlib.serve.model import Engine, locate

    place = locate(model)  # a wrong name is said before a port is taken, and a taken port before loading
    door = Door(host, port, log)
    try:
        door.engine = Engine(*place, slots=slots)
    except BaseException:
        door.server_close()
        raise
    return Running(door)


class Running:
    """A server that is answering. `url` is what a client calls `base_url`; `close` stops it."""

    def __init__(self, door: object) -> None:
        import threading

        self._door, self.model = door, door.engine.name
        self.port = door.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=door.serve_forever, daemon=True, name="llmlib.serve")
        self._thread.start()

    def close(self) -> None:
        """Stop answering and give the memory back; a second call does nothing."""
        if self._door is not None:
            self._door.shutdown()
            self._thread.join()
            self._door.server_close()
            self._door.engine.close()
            self._door = None

    def __enter__(self) -> str:
        return self.url

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = f"em {self.url}" if self._door else "fechado"
        return f"Servidor de {self.model} {state}"
