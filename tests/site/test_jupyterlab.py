"""The same widgets in a real JupyterLab: what the reader does reaches a kernel and comes back."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, expect

CELLS = [
    "from llmlib import load\nfrom llmlib.widgets import Generate, NextToken\nlm = load('mini-base')",
    "NextToken(lm, 'O gato subiu no')",
    "Generate(lm, 'Era uma vez', seed=1)",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab on loopback, opened on a notebook with the two widgets."""
    home = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, home / "aula.ipynb")
    settings = home / "conf" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    # The news feed is another host.
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"checkForUpdates": False, "fetchNews": "false"}), "utf-8"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    env = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "conf" / "lab" / "user-settings"),
        "JUPYTER_CONFIG_DIR": str(home / "conf"),
        "JUPYTER_DATA_DIR": str(home / "share"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={home}", "--allow-root"]
    log = (home / "log.txt").open("w")
    server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/api", server, home / "log.txt")
        yield f"http://127.0.0.1:{port}/lab/tree/aula.ipynb?token={token}"
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
        except OSError:
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.mark.alone
def test_both_widgets_are_live_with_a_kernel(lab: str, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(lab)
    page.locator(".jp-Notebook .jp-Cell").nth(2).wait_for()
    # Asked before its kernel is there, JupyterLab runs nothing and says nothing.
    page.get_by_role("button", name=re.compile(r"ipykernel\) \| Idle")).wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()

    next_token = page.locator(".jp-OutputArea [data-widget=next-token]")
    expect(next_token).to_be_visible(timeout=90_000)
    expect(next_token.locator(".llm-bar")).not_to_have_count(0)
    before = next_token.locator(".llm-best").inner_text()
    next_token.locator("textarea[name=text]").fill("Qual é a capital do")
    expect(next_token).to_have_attribute("data-state", "live")
    expect(next_token.locator(".llm-best")).not_to_have_text(before)

    generate = page.locator(".jp-OutputArea [data-widget=generate]")
    tokens = generate.locator(".llm-token")
    count = tokens.count()
    # A branch, away from the recorded run: the kernel must compute what follows.
    generate.locator(".llm-bar:not(.llm-chosen) .llm-row").nth(2).click()
    expect(tokens).to_have_count(count + 1)
    expect(generate).to_have_attribute("data-state", "live")
    context.close()
