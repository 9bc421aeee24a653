"""A real PostgreSQL, started for the tests from the binaries that are on the machine."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

PATIENCE = 60.0
PASSWORD = "pa:ss@wo/rd-7531"  # every character that has a meaning in a URL
USER = "ada"


class PostgreSQL(NamedTuple):
    """A server that runs, and how to reach it."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        """Return the address of a database, password included."""
        return f"postgresql+psycopg://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def make(self, database: str) -> str:
        """Make an empty database and return its address."""
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def connect(self, database: str) -> Any:
        """Return a connection without a transaction."""
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        )


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """Start a server that asks for a password; the test is skipped where its programs are not installed."""
    psycopg = pytest.importorskip("psycopg", reason="no PostgreSQL: psycopg is not installed")
    places = os.pathsep.join(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)))
    found = [shutil.which(name) or shutil.which(name, path=places) for name in ("initdb", "postgres")]
    if None in found:
        pytest.skip("no PostgreSQL: initdb and postgres are neither on the path nor under /usr/lib/postgresql")
    initdb, server = map(str, found)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short, because the name of a socket is; and not below root's own
    (folder / "password").write_text(PASSWORD)
    someone: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to be run by root
        names = {each.pw_name for each in pwd.getpwall()}
        owner = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        someone = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        for each in (folder, folder / "password"):
            os.chown(each, owner.pw_uid, owner.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    signing_in = ["-U", USER, "-A", "scram-sha-256", "--pwfile", folder / "password"]
    process = None
    try:
        subprocess.run(
            [initdb, "-D", folder / "data", "--no-sync", "-E", "UTF8", "--locale=C", *signing_in],
            check=True,
            capture_output=True,
            cwd=folder,
            **someone,
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [server, "-D", folder / "data", "-k", folder, "-p", str(port), "-h", "127.0.0.1", "-F"],
                stdout=log,
                stderr=log,
                cwd=folder,
                **someone,
            )
        made = PostgreSQL(port)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                made.connect("postgres").close()
                break
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > until:
                    raise AssertionError((folder / "log").read_text()) from None
                time.sleep(0.1)
        yield made
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # what PostgreSQL calls a fast shutdown
            process.wait()
        shutil.rmtree(folder)
