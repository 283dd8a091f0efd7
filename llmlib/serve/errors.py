"""What goes wrong, twice: before the server is up (ServeError) and in one request (RequestError).

Both carry one Portuguese sentence. A RequestError also carries what OpenAI's error object has, so that the
official client raises the exception of the right class.
"""

from __future__ import annotations


class ServeError(RuntimeError):
    """The server cannot start; the message says why, and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class RequestError(ValueError):
    """One request cannot be answered. status: HTTP's; param: the field at fault; code: OpenAI's word."""

    def __init__(
        self, message: str, param: str | None = None, code: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.param, self.code, self.status = param, code, status

    def body(self) -> dict:
        """The JSON of the reply, as OpenAI's."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        error = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": error}


def too_long(tokens: int, context: int) -> RequestError:
    """A prompt of more tokens than the model sees."""
    return RequestError(
        f"O pedido tem {tokens} tokens, e o contexto deste modelo é de {context}. "
        "Encurte o texto ou divida-o.",
        code="context_length_exceeded",
    )
