"""Build the book, serve it on this machine, rebuild it when a file changes: `python -m book.serve`.

Pages that are open reload by themselves after a rebuild. Listens on 127.0.0.1 only. The site on disk is not
touched: the few lines that reload a page are added while it is sent.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from book.build import ROOT, SITE, say

WATCHED = (
    "chapters", "llmlib", "data", "book", "_config.yml", "_toc.yml", "references.bib", "requirements.txt",
)  # fmt: skip
IGNORED = {"__pycache__", ".ipynb_checkpoints"}
RELOAD = b"""<script>
(async () => {
  for (let seen = null; ; await new Promise((done) => setTimeout(done, 1000))) {
    try {
      const now = await (await fetch("/.version", {cache: "no-store"})).text();
      if (seen !== null && now !== seen) return location.reload();
      seen = now;
    } catch { /* the server is away: ask again */ }
  }
})();
</script></body>"""


class Handler(SimpleHTTPRequestHandler):
    """The files of the site, never cached, with the reloading lines added to pages."""

    version = 0

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if self.path == "/.version":
            return self.reply(str(Handler.version).encode(), "text/plain")
        if path.is_dir():
            path /= "index.html"
        if path.suffix == ".html" and path.is_file():
            return self.reply(path.read_bytes().replace(b"</body>", RELOAD), "text/html; charset=utf-8")
        return super().do_GET()

    def reply(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


def snapshot(root: Path = ROOT) -> dict[Path, tuple[int, int]]:
    """(time, size) of every watched file."""
    found = {}
    for name in WATCHED:
        start = root / name
        for path in [start] if start.is_file() else start.rglob("*"):
            if IGNORED.intersection(path.parts) or path.name.startswith("."):
                continue
            try:
                status = path.stat()
            except FileNotFoundError:  # gone between the listing and now
                continue
            if path.is_file():
                found[path] = (status.st_mtime_ns, status.st_size)
    return found


def changed(before: dict[Path, tuple[int, int]], now: dict[Path, tuple[int, int]]) -> list[str]:
    """Names of the files that differ."""
    paths = sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
    return [path.name for path in paths]


def build() -> bool:
    # Another process: it sees the code as it is now, not as it was when the server started.
    return subprocess.run([sys.executable, "-m", "book.build"], cwd=ROOT).returncode == 0


def watch() -> None:
    """Rebuild after each change, once files have been still for a moment."""
    before = snapshot()
    while True:
        time.sleep(1)
        now = snapshot()
        names = changed(before, now)
        if not names:
            continue
        time.sleep(0.3)
        before = snapshot()
        say(f"Changed: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}")
        if build():
            Handler.version += 1
        else:
            say("The last good site stays up: fix the page and save it again")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m book.serve", description=__doc__.split("\n\n")[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    options = parser.parse_args()
    try:
        server = ThreadingHTTPServer(("127.0.0.1", options.port), partial(Handler, directory=SITE))
    except (OSError, OverflowError):
        raise SystemExit(
            f"Port {options.port} is not free on this machine: close what uses it, "
            f"or choose another, for example `make serve PORT={min(options.port + 1, 65535)}`."
        ) from None
    if not build() and not SITE.exists():
        raise SystemExit("There is no earlier site to serve either: fix the page and try again.")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    say(f"The course is at {address} (Ctrl+C stops it; pages rebuild when a file is saved)")
    if not options.no_browser:
        webbrowser.open(address)
    try:
        watch()
    except KeyboardInterrupt:
        say("Stopped")


if __name__ == "__main__":
    main()
