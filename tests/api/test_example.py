"""What `make run` ends with: a question, its answer, where to look next; and a clean way out."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from api.example import example
from api.listen import listen, main
from api.settings import Settings
from data.home import Home
from recommender.errors import BadConfig
from tests.api.conftest import ASK, Placed, Served, serve


def _start(home: Placed, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **home.environment, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "api", "serve", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    patience = threading.Timer(60, process.kill)  # else a server that never says it would be listened to for ever
    patience.start()
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            patience.cancel()
            return text
    raise AssertionError(text + process.communicate()[1])


def test_the_question_gives_the_answer_that_is_shown(oss: Served) -> None:
    text = example(oss.app, str(oss.http.base_url).rstrip("/"))
    command = shlex.split(text[text.index("curl") :].partition("\n\n")[0])
    assert command[2].endswith(ASK)
    body = json.loads(command[command.index("-d") + 1])
    answer = oss.ask(**body)
    assert answer["basis"] == "stamps"
    titles = re.findall(r"^  \d\. (.+?)(?: \([a-z ]+\))?$", text, re.MULTILINE)
    assert titles == [entry["activity"]["title"] for entry in answer["recommendations"]]
    assert titles
    reasons = re.findall(r"^     → (.+)$", text, re.MULTILINE)
    assert len(reasons) == len(titles)
    known = {reason["text"] for entry in answer["recommendations"] for reason in entry["reasons"]}
    assert set(reasons) <= known
    assert len(set(reasons)) > 1, "every activity is given the same reason"


def test_the_addresses_of_the_example_exist(oss: Served) -> None:
    text = example(oss.app, str(oss.http.base_url).rstrip("/"))
    for path in ("/", "/lines", "/openapi.json"):
        assert f"{str(oss.http.base_url).rstrip('/')}{path}\n" in text
        assert oss.http.get(path).status_code == 200
    assert "/report/en" in text
    assert "make evaluate" in oss.http.get("/report/en").text, "the city has no report, and should say how to get one"


def test_without_a_model_the_example_says_so(settle: Callable[..., Home], tmp_path: Path) -> None:
    with serve(Settings(home=settle(tmp_path, releases=()).path)) as running:
        text = example(running.app, str(running.http.base_url).rstrip("/"))
    assert "No model is in service" in text
    assert re.search(r"^  1\. ", text, re.MULTILINE)


def test_the_command_shows_it_and_stops_in_order(oss_home: Placed) -> None:
    process = _start(oss_home, "--port", "0", "--example")
    try:
        text = _read_until(process, "OpenAPI")
        assert "  1. " in text
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert all(" INFO " in line for line in errors.splitlines()), errors


def test_a_taken_port_is_named_with_the_way_out(oss_home: Placed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = _start(oss_home, "--port", str(port), "--example")
        output, errors = process.communicate(timeout=60)
        with pytest.raises(SystemExit, match=f"PORT={port + 1}"):
            main(str(port))
    assert process.returncode == 1
    assert output == ""
    assert len(errors.splitlines()) == 1
    assert f"port {port} of 127.0.0.1: address already in use" in errors
    assert f"PORT={port + 1}" in errors
    main(str(port))  # free again


def test_an_address_that_is_not_this_machine_cannot_be_listened_on() -> None:
    with pytest.raises(BadConfig, match=r"192\.0\.2\.1: cannot assign"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize("given", ["0", "65536", "http", "-1", ""])
def test_what_is_no_port(given: str) -> None:
    with pytest.raises(SystemExit, match="from 1 to 65535"):
        main(given)
