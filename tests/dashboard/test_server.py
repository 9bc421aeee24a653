"""Where a dashboard listens, and that it answers many at once and quietly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from serving import ask, free_port

from automl.dashboard import server
from automl.dashboard.server import Server, address, listen
from automl.errors import PlanError


def port_of(listening: socket.socket) -> int:
    """Return the port of a socket."""
    port: int = listening.getsockname()[1]
    return port


def test_usual_port_unless_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is the same every day where it can be, and another one where it can't."""
    monkeypatch.setattr(server, "USUAL_PORT", free_port())
    with listen() as first, listen() as second:
        assert port_of(first) == server.USUAL_PORT
        assert port_of(second) != server.USUAL_PORT
        assert {first.getsockname()[0], second.getsockname()[0]} == {"127.0.0.1"}
    with listen() as again:
        assert port_of(again) == server.USUAL_PORT  # free at once


def test_port_in_use() -> None:
    """A port that was asked for and is taken is named, with what to do."""
    with listen(port=0) as taken:
        port = port_of(taken)
        with pytest.raises(PlanError) as refused:
            listen(port=port)
    assert str(refused.value) == (
        f"Port {port} on 127.0.0.1 is in use by another program. Give another one (--port, or port= in Python), or "
        "leave it out for a free one."
    )


@pytest.mark.parametrize("port", [-1, 70_000, True, "8080", 80.5])
def test_what_is_no_port(port: Any) -> None:
    """What can't be a port is refused with its value."""
    with pytest.raises(PlanError, match=rf"port={port!r} is no port; give a whole number from 1 to 65535"):
        listen(port=port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_what_is_no_host(host: str) -> None:
    """An address that isn't this machine's is refused."""
    with pytest.raises(PlanError, match=rf"host='{host}' is no address of this machine \(.*\)\. Leave it out\."):
        listen(host)


@pytest.mark.parametrize(
    ("host", "study", "expected"),
    [
        ("127.0.0.1", 3, "http://127.0.0.1:{}/dashboard/studies/3"),
        ("localhost", 0, "http://localhost:{}/dashboard/studies/0"),
        ("127.0.0.1", None, "http://127.0.0.1:{}/dashboard"),
        ("0.0.0.0", None, f"http://{socket.gethostname()}:{{}}/dashboard"),
    ],
)
def test_address_is_what_one_types(host: str, study: int | None, expected: str) -> None:
    """It leads to the study, by a name that others can use where others may look."""
    with listen(host, 0) as listening:
        assert address(host, listening, study) == expected.format(port_of(listening))


def hello(environ: Any, start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer anything."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def test_answers_are_side_by_side_and_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    """A slow answer holds up nobody, a visitor who leaves early hurts nobody, and nothing is printed."""
    is_slow, may_go_on = threading.Event(), threading.Event()

    def app(environ: Any, start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            is_slow.set()
            may_go_on.wait(60)
        return hello(environ, start)

    with Server(listen(port=0), app) as served:
        url = address("127.0.0.1", served.socket, None)
        serving = threading.Thread(target=served.serve)
        slow = threading.Thread(target=ask, args=(url, "/slow"))
        serving.start()
        slow.start()
        assert is_slow.wait(60)
        with socket.create_connection(("127.0.0.1", served.server_port)) as leaver:
            leaver.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        assert ask(url, "/quick").body == b"hello"
        may_go_on.set()
        slow.join()
        served.shutdown()
        serving.join()
    assert capfd.readouterr() == ("", "")


def test_early_visitor_waits() -> None:
    """Who asks between listening and serving is answered then, not turned away."""
    listening = listen(port=0)
    bodies: list[bytes] = []
    url = address("127.0.0.1", listening, None)
    early = threading.Thread(target=lambda: bodies.append(ask(url, "/").body))
    early.start()
    with Server(listening, hello) as served:
        served.handle_request()
    early.join()
    assert bodies == [b"hello"]
