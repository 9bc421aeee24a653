"""Addresses: pages by HTTP, files of any file system that fsspec knows; nothing is left behind, no secret is shown."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from automl.data.reading import read, read_in_chunks
from automl.data.sources import remote
from automl.errors import DataError, MissingDependency

TEXT = b"a,b\n1,x\n2,y\n"


class Page(BaseHTTPRequestHandler):
    """Serves one table; ``/private`` to ada only."""

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(b"ada:ge/heim").decode()
        if self.path.startswith("/private") and self.headers.get("Authorization") != wanted:
            self.send_error(401, "Who are you")
        elif self.path.startswith("/absent"):
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(TEXT)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module", params=["http", "https"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the table here, encrypted with a certificate of our own for https."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server, pytest.MonkeyPatch.context() as patch:
        if request.param == "https":
            certificate = _certificate(tmp_path_factory.mktemp("tls"))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
            patch.setenv("SSL_CERT_FILE", str(certificate))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"{request.param}://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _certificate(folder: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no certificate: openssl is not installed")
    made = folder / "own.pem"
    words = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made.with_suffix(".key")), "-out", str(made)]
    subprocess.run([openssl, "req", "-x509", *words, *names], check=True, capture_output=True)
    return made


def test_a_page_is_a_table(site: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The ending of its path tells the kind; the copy is gone afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert read(f"{site}/t.csv?version=2#top").shape == (2, 2)
    assert read(f"{site}/export?format=csv").shape == (2, 2)
    assert [len(piece) for piece in read_in_chunks(f"{site}/t.csv", rows=1)] == [1, 1]
    assert not list(tmp_path.iterdir())


def test_a_name_and_password_are_sent_and_not_shown(site: str) -> None:
    """They stand in the address, as for a browser; a wrong one is not in the message, nor is a signature."""
    secret = site.replace("://", "://ada:ge%2Fheim@")
    assert read(f"{secret}/private.csv").shape == (2, 2)
    with pytest.raises(
        DataError, match=r"127\.0\.0\.1:\d+/private\.csv' can't be downloaded \(HTTP Error 401"
    ) as caught:
        read(f"{site.replace('://', '://ada:falsch@')}/private.csv?sig=abcdef")
    assert "falsch" not in str(caught.value)
    assert "abcdef" not in str(caught.value)


def test_a_page_that_is_not_there_says_so(site: str) -> None:
    """The server's answer is told."""
    with pytest.raises(DataError, match=r"/absent\.csv' can't be downloaded \(HTTP Error 404: Not Found\); check"):
        read(f"{site}/absent.csv")


@pytest.fixture
def bucket() -> Iterator[str]:
    """Return a folder in fsspec's file system in memory, which stands for a bucket."""
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    system.pipe({"/bucket/p1.csv": TEXT, "/bucket/p2.csv": TEXT, "/bucket/_SUCCESS": b"", "/bucket/deep/p3.csv": TEXT})
    yield "memory://bucket"
    system.rm("/bucket", recursive=True)


def test_a_bucket_is_read_like_a_folder(bucket: str) -> None:
    """A file, a pattern and a folder of any file system of fsspec are tables."""
    assert len(read(f"{bucket}/p1.csv")) == 2
    assert len(read(f"{bucket}/p*.csv")) == 4
    assert len(read(bucket)) == 6


def test_an_absent_object_is_named(bucket: str) -> None:
    """No file, a pattern that matches nothing, and an unknown kind of address."""
    with pytest.raises(DataError, match=r"'memory://bucket/x\.csv'; check the address"):
        read(f"{bucket}/x.csv")
    with pytest.raises(DataError, match=r"There is no file 'memory://bucket/x\*\.csv'; check the address"):
        read(f"{bucket}/x*.csv")
    with pytest.raises(DataError, match=r"'klingon://x/t\.csv' can't be read \(Protocol not known: klingon\)"):
        read("klingon://x/t.csv")


def test_an_absent_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fsspec, or without what it needs for S3, the extra is named; a secret isn't."""
    pytest.importorskip("fsspec")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingDependency, match=r"'s3://ada:\*\*\*@bucket/t\.csv' needs .* install the extra 's3'"):
        read("s3://ada:geheim@bucket/t.csv")
    monkeypatch.setattr(remote, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match="needs fsspec; install the extra 'remote'"):
        read("s3://bucket/t.csv")
