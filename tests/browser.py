"""The browser of the tests: finds a Chromium on this machine, or installs one and says so.

`python -m tests.browser` prints where it is. The headless shell comes first: the same engine without the
windows, a quarter less to wait for. Does not download anything where a browser is already there; does not
choose Firefox or WebKit: the engine's WebAssembly and the pages are tested in one browser.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SHELL = "chromium-headless-shell"  # Debian's name of it, which playwright's own is too
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root in a container cannot use Chromium's sandbox; the others keep it from calling home in a closed network.
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]


def find() -> str | None:
    """Path of an installed Chromium or Chrome, or None."""
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    return on_path or _from_playwright()


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> str:
    """Installs a Chromium: by apt where we are root on Debian or Ubuntu, else the one playwright ships."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("No Chromium here: installing Debian's package", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for package in (SHELL, "chromium"):  # older releases have no shell apart
            if (
                subprocess.run(["apt-get", "install", "-y", "-qq", package], env=env, check=False).returncode
                == 0
            ):
                break
    if not (path := find()):
        print("No Chromium here: downloading playwright's", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
        path = find()
    if not path:
        raise SystemExit(
            "The tests need Chromium or Chrome, and none could be installed: install one and try again."
        )
    return path


def ensure() -> str:
    return find() or install()


@cache
def launch():
    """The one browser of a test run: playwright's synchronous interface starts once a process."""
    from playwright.sync_api import sync_playwright

    path = ensure()
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    atexit.register(playwright.stop)
    return browser


if __name__ == "__main__":
    print(f"Browser of the tests: {ensure()}")
