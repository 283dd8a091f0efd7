"""One node process that has loaded the engine, and what the tests say to it."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from book import frontend
from llmlib import engine

HERE = Path(__file__).parent


class EngineError(Exception):
    """The sentence that the engine answered with."""


class Node:
    """`run(body, *args)` runs the inside of an async JavaScript function; see harness.mjs."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        script = Path(self.folder.name, "engine.js")
        added = (
            f"self.onmessage({json.dumps({'data': {'piece': engine.piece(name)}})});"
            for name in engine.PIECES
        )
        script.write_text("\n".join([engine.source(), engine.train_source(), *added]), "utf-8")
        self.process = subprocess.Popen(
            [frontend.node()[0], str(HERE / "harness.mjs"), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, body: str, *args: object) -> object:
        self.process.stdin.write(json.dumps({"body": body, "args": args}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "node stopped; its words are in the captured stderr"
        answer = json.loads(line, object_hook=unpack)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer["value"]

    def ask(self, method: str, **params: object) -> dict:
        """One question by the worker's protocol; the events come along as result["events"]."""
        return self.run("return ask(args[0], args[1])", method, params)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
        self.folder.cleanup()


def unpack(value: dict) -> object:
    return np.frombuffer(base64.b64decode(value["f32"]), "<f4") if value.keys() == {"f32"} else value
