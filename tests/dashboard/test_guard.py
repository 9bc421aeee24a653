"""What a browser may do to a study: nothing to someone else's, notes and files to ours, and nothing from afar."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import TrialState
from optuna_dashboard import wsgi
from serving import Answer, ask, served, write_ours, write_theirs

from automl.dashboard.guard import is_loopback


class Place(NamedTuple):
    """A dashboard of a storage in which there are two studies."""

    url: str
    storage: BaseStorage
    artifacts: Path
    ours: int
    theirs: int

    def trial(self, study: int, number: int) -> int:
        """Return the id of a trial."""
        return self.storage.get_trial_id_from_study_id_trial_number(study, number)

    def state(self) -> str:
        """Return everything that is in the storage."""
        return repr(
            [(vars(each), self.storage.get_all_trials(each._study_id)) for each in self.storage.get_all_studies()]
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Serve a study of ours and one of another program from one storage."""
    storage = InMemoryStorage()
    theirs = write_theirs(storage)
    ours = write_ours(storage)
    with served(storage, tmp_path / "artifacts") as url:
        yield Place(url, storage, tmp_path / "artifacts", ours, theirs)


FILE = {"file": "data:text/plain;base64," + base64.b64encode(b"a,b\n1,2\n").decode(), "filename": "small.csv"}
BODIES: dict[str, Any] = {
    "note": {"body": "changed", "version": 1},
    "rename": {"study_name": "renamed"},
    "tell": {"state": "Fail"},
    "user-attrs": {"user_attrs": {"a": 1}},
}


def routes() -> list[tuple[str, str]]:
    """Return every route of the dashboard that is not a GET."""
    found = [(each.method, each.rule) for each in wsgi(InMemoryStorage()).routes if each.method != "GET"]
    assert len(found) > 15
    return found


def path_of(rule: str, study: int, trial: int) -> str:
    """Put numbers into the places of a route."""
    rule = re.sub(r"<study_id:int>", str(study), rule)
    rule = re.sub(r"<trial_id:int>", str(trial), rule)
    return re.sub(r"<\w+(:re:[^>]*\+)?>", "0a-1b", rule)


@pytest.mark.parametrize(("method", "rule"), routes())
def test_someone_elses_study_is_as_it_was(place: Place, method: str, rule: str) -> None:
    """No writing route of the dashboard that is installed reaches a study of another program, nor makes a study."""
    before = place.state()
    path = path_of(rule, place.theirs, place.trial(place.theirs, 1))
    body = BODIES.get(
        path.rpartition("/")[2], FILE if "artifacts" in path else {"study_name": "x", "directions": ["minimize"]}
    )
    answer = ask(place.url, path, method, body)
    if rule.startswith("/api/llm/"):
        assert answer.status == 400  # a question, and there is nobody to ask
    else:
        assert answer.reason
    assert place.state() == before


@pytest.mark.parametrize(
    "path", ["/api/studies", "/api/studies/{theirs}", "/csv/{theirs}", "/dashboard/studies/{theirs}"]
)
def test_someone_elses_study_is_shown(place: Place, path: str) -> None:
    """Reading is free."""
    assert ask(place.url, path.format(theirs=place.theirs)).status == 200


def test_someone_elses_study_is_named(place: Place) -> None:
    """The refusal says whose study it is."""
    said = ask(place.url, f"/api/studies/{place.theirs}/note", "PUT", BODIES["note"]).reason
    assert said == "The study 'theirs' was made by another program, so it is shown read-only."


def test_our_study_takes_notes(place: Place) -> None:
    """A person's notes on the study and on a finished trial are kept and shown."""
    trial = place.trial(place.ours, 0)
    assert ask(place.url, f"/api/studies/{place.ours}/note", "PUT", BODIES["note"]).status == 204
    assert ask(place.url, f"/api/studies/{place.ours}/{trial}/note", "PUT", BODIES["note"]).status == 204
    said = ask(place.url, f"/api/studies/{place.ours}").said
    assert said["note"]["body"] == "changed"
    assert said["trials"][0]["note"]["body"] == "changed"


def test_our_study_takes_files(place: Place) -> None:
    """A file is kept in the folder of artifacts, which is made for it, is served, and goes away again."""
    made = ask(place.url, f"/api/artifacts/{place.ours}", "POST", FILE)
    assert made.status == 201
    path = f"/artifacts/{place.ours}/{made.said['artifact_id']}"
    assert ask(place.url, path).body == b"a,b\n1,2\n"
    assert [each.read_bytes() for each in place.artifacts.iterdir()] == [b"a,b\n1,2\n"]
    assert ask(place.url, f"/api{path}", "DELETE").status == 204
    assert not list(place.artifacts.iterdir())


def test_our_running_trial_can_be_failed(place: Place) -> None:
    """A person may give up a candidate."""
    trial = place.trial(place.ours, 1)
    assert ask(place.url, f"/api/trials/{trial}/tell", "POST", BODIES["tell"]).status == 204
    assert place.storage.get_trial(trial).state is TrialState.FAIL


def test_our_study_is_neither_deleted_nor_renamed(place: Place) -> None:
    """Both would part a run from its study; each says why not."""
    before = place.state()
    deleted = ask(place.url, f"/api/studies/{place.ours}", "DELETE", {"remove_associated_artifacts": True})
    assert deleted.reason == (
        "A run's study holds its results, so it can't be deleted here. Delete the run's folder instead."
    )
    renamed = ask(place.url, f"/api/studies/{place.ours}/rename", "POST", BODIES["rename"])
    assert renamed.reason == "A run finds its study by its name, so it can't be renamed here."
    assert place.state() == before


def test_no_study_is_made_here(place: Place) -> None:
    """The list of studies has no back door."""
    said = ask(place.url, "/api/studies", "POST", {"study_name": "new", "directions": ["minimize"]}).reason
    assert said.startswith("Studies are made by automl.fit and by Optuna, not here")


def test_trial_of_another_study_is_not_reached_through_ours(place: Place) -> None:
    """The number of our study in an address doesn't open someone else's trial."""
    before = place.state()
    trial = place.trial(place.theirs, 1)
    for method, path in (
        ("POST", f"/api/artifacts/{place.ours}/{trial}"),
        ("PUT", f"/api/studies/{place.ours}/{trial}/note"),
    ):
        assert ask(place.url, path, method, {**FILE, **BODIES["note"]}).reason == "There is no such study or trial."
    assert place.state() == before


@pytest.mark.parametrize(
    "spelt",
    ["//api/studies/{0}/note", "/api//studies/{0}/note", "/api/studies/{0}/%FFrename", "/api/studies/0{0}/rename"],
)
def test_unusual_spelling_opens_nothing(place: Place, spelt: str) -> None:
    """What the dashboard might read as one of its addresses and the guard doesn't is refused."""
    before = place.state()
    for study in (place.ours, place.theirs):
        answer = ask(place.url, spelt.format(study), "POST", {**BODIES["rename"], **BODIES["note"]})
        assert answer.status == 403
    assert place.state() == before


def test_trailing_slash_is_the_same_address(place: Place) -> None:
    """The dashboard passes over a slash at the end, and so does the guard."""
    assert ask(place.url, f"/api/studies/{place.ours}/note/", "PUT", BODIES["note"]).status == 204
    assert "read-only" in ask(place.url, f"/api/studies/{place.theirs}/note/", "PUT", BODIES["note"]).reason


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "localhost@example.com", "", "a b"])
def test_name_of_another_machine_is_refused(place: Place, host: str) -> None:
    """A page whose name was pointed at this machine reads nothing."""
    answer = ask(place.url, "/api/studies", Host=host)
    assert answer.reason.startswith("This dashboard answers to names of its own machine only, such as 127.0.0.1")
    assert b"theirs" not in answer.body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9999", "[::1]:8080", "LOCALHOST:1"])
def test_names_of_this_machine(place: Place, host: str) -> None:
    """Any name that can only be this machine's is fine, whatever port a tunnel gives it."""
    assert ask(place.url, "/api/studies", Host=host).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_page_of_another_site_changes_nothing(place: Place, headers: dict[str, str]) -> None:
    """A form or script of a page elsewhere doesn't write, though the browser that runs it is on this machine."""
    answer = ask(place.url, f"/api/studies/{place.ours}/note", "PUT", BODIES["note"], **headers)
    assert answer.reason == "Another site's page may not change anything here."


def test_own_page_changes_what_it_may(place: Place) -> None:
    """The dashboard's own page says where it comes from, and that is right."""
    headers = {"Origin": place.url.removesuffix("/dashboard"), "Sec_Fetch_Site": "same-origin"}
    assert ask(place.url, f"/api/studies/{place.ours}/note", "PUT", BODIES["note"], **headers).status == 204


def test_served_to_others_by_any_name() -> None:
    """Who opens a dashboard to others may be asked for by names that nobody knows here; pages of others stay out."""
    storage = InMemoryStorage()
    ours = write_ours(storage)
    with served(storage, is_local=False) as url:
        assert ask(url, "/api/studies", Host="studies.example.com").status == 200
        headers = {"Host": "studies.example.com", "Origin": "http://example.com"}
        assert ask(url, f"/api/studies/{ours}/note", "PUT", BODIES["note"], **headers).reason.startswith("Another site")


def test_file_with_scripts_is_put_into_a_box(place: Place) -> None:
    """An HTML report runs its own scripts and can't write in the viewer's name; no other site reads any file."""
    html = {"file": "data:text/html;base64," + base64.b64encode(b"<script>1</script>").decode(), "filename": "r.html"}

    def kept(said: dict[str, str]) -> Answer:
        made = ask(place.url, f"/api/artifacts/{place.ours}", "POST", said)
        return ask(place.url, f"/artifacts/{place.ours}/{made.said['artifact_id']}")

    report, table = kept(html), kept(FILE)
    assert "sandbox" in report.headers["Content-Security-Policy"]
    assert "allow-same-origin" not in report.headers["Content-Security-Policy"]
    for each in (report, table):
        assert "Access-Control-Allow-Origin" not in each.headers
        assert each.headers["X-Content-Type-Options"] == "nosniff"


def test_large_refused_request_hears_its_answer(place: Place) -> None:
    """A refusal arrives though the request's body was long."""
    body = {"body": "x" * 900_000, "version": 1}
    assert "read-only" in ask(place.url, f"/api/studies/{place.theirs}/note", "PUT", body).reason


@pytest.mark.parametrize(
    ("name", "expected"), [("127.9.9.9", True), ("localhost.", True), ("localhost.example.com", False), ("", False)]
)
def test_loopback(name: str, expected: bool) -> None:
    """Only what can be nobody else's is this machine's."""
    assert is_loopback(name) is expected
