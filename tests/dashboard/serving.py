"""Asking a served dashboard over the network, as a browser does, and stores to show in it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import optuna
from optuna.storages import BaseStorage
from optuna.trial import TrialState, create_trial

from automl.dashboard.server import Server, address, listen, make_app
from automl.storage.study import StudyMirror
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.metric import Metric
from automl.values.space import Float, SearchSpace

SPACES = {"ridge": SearchSpace(Float("alpha", 0.1, 10.0, log=True))}


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """Why a request was refused."""
        assert self.status == 403, (self.status, self.body)
        reason: str = self.said["reason"]
        return reason


def ask(url: str, path: str, method: str = "GET", said: Any = None, **headers: str) -> Answer:
    """Send a request to the server at ``url``; what is said travels as JSON; ``_`` in a header's name is ``-``."""
    place = urlsplit(url)
    connection = HTTPConnection(str(place.hostname), place.port, timeout=60)
    body = None if said is None else json.dumps(said)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.putrequest(method, path, skip_host="Host" in sent)
        sent |= {} if body is None else {"Content-Type": "application/json", "Content-Length": str(len(body))}
        sent.setdefault("Accept-Encoding", "identity")
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(None if body is None else body.encode())
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


@contextmanager
def served(storage: BaseStorage, artifacts: Path | None = None, *, is_local: bool = True) -> Iterator[str]:
    """Serve a storage from a thread and say where."""
    listening = listen("127.0.0.1", 0)
    with Server(listening, make_app(storage, artifacts, is_local=is_local)) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield address("127.0.0.1", listening, None)
        finally:
            server.shutdown()
            thread.join()


def write_ours(store: str | Path | BaseStorage, name: str = "ours") -> int:
    """Write a study of this package's with one finished and one running trial, and return its id."""
    mirror = StudyMirror.open(
        store,
        None,
        name=name,
        metric=Metric("accuracy", lambda y, prediction, weight: 0.0),
        algorithms=SPACES,
        fingerprint={"data": "1"},
    )
    tried = Candidate.of("ridge", {"alpha": 1.0})
    mirror.finish(Evaluation(mirror.start(tried), tried, (FoldResult(0, -0.8),), "complete"))
    mirror.start(tried)
    study_id: int = mirror.study._study_id
    mirror.close()
    return study_id


def write_theirs(storage: str | BaseStorage, name: str = "theirs") -> int:
    """Write a study as another program would, with one finished and one running trial, and return its id."""
    study = optuna.create_study(storage=storage, study_name=name)
    study.add_trial(
        create_trial(value=1.0, params={"x": 1}, distributions={"x": optuna.distributions.IntDistribution(0, 9)})
    )
    study.add_trial(create_trial(state=TrialState.RUNNING))
    backend = getattr(study._storage, "_backend", None)
    if isinstance(storage, str) and isinstance(backend, optuna.storages.RDBStorage):
        backend.remove_session()
        backend.engine.dispose()
    study_id: int = study._study_id
    return study_id


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
