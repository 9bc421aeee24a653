"""Notes in words: what they say, that nothing in them is taken for markup, and that they stay small."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from views_by_hand import AUC, OWN, RMSE, around, combined, failed, guessed, plan, seen, tried

from automl.dashboard.notes import noted, study_note, trial_note
from automl.dashboard.view import SearchView
from automl.dashboard.wording import name, number, plain
from automl.evaluation.leaderboard import FREE
from automl.evaluation.metrics import METRICS
from automl.values.budget import Budget
from automl.values.schema import Column
from automl.values.task import Task

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PLAIN = frozenset(
    {"heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td"}
    | {"inline", "text", "code_inline", "strong", "softbreak"}
)
BEST = tried(1, "boosting", *around(-0.9), ended=40.0)
NEXT = tried(2, "linear", *around(-0.89), ended=50.0)
HEADINGS = [
    "Predicting",
    "The data",
    "How it is validated",
    "The best",
    "The best of each family",
    "What was learned",
    "What failed or was stopped",
    "State",
]


def tokens(note):
    """Return what Markdown makes of a note, flat."""
    found = []
    for token in MARKDOWN.parse(note):
        found += [token, *(token.children or [])]
    return found


def kinds(note):
    """Return what a note consists of."""
    return {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(note)}


def read(note):
    """Return the words that a reader sees."""
    return " ".join(token.content for token in tokens(note) if token.type in ("text", "code_inline"))


def full():
    """Return a view that has something to say in every section."""
    lost = [failed(5, "svm", "crashed", "ValueError: no luck with 3"), failed(6, "svm", "out_of_memory", "no room")]
    stopped = tried(7, "forest", -0.6, state="stopped", reason="hopeless after 1 of 4 folds against boosting (trial 1)")
    return seen(guessed(), BEST, NEXT, *lost, stopped, ensemble=combined(BEST.loss - 0.02, BEST, NEXT))


def test_a_study_note_has_its_sections_in_the_order_of_a_persons_questions():
    """Problem, data, validation, best, families, lessons, failures, state."""
    note = study_note(full())
    at = [note.index(f"# {heading}") for heading in HEADINGS]
    assert at == sorted(at)
    assert kinds(note) <= PLAIN


def test_a_study_note_tells_the_problem_and_the_data():
    """Target, classes, metric, its direction and its reason; rows, columns, roles in words, and what is set aside."""
    note = study_note(full())
    assert "# Predicting `income`" in note
    assert "a decision between two classes: `no` and `yes`. The table is people.csv." in note
    assert "judged by `roc_auc`, where higher is better: it judges how rows are ranked." in note
    assert "1,234 rows with a target, 3 columns. Models see 1 number and 1 category." in note
    assert "Set aside: `id` (identifier)." in note
    assert "4 folds: shuffled." in note


def test_a_study_note_tells_the_best_and_how_it_compares():
    """The best pipeline with its spread, against guessing and the ensemble, with its speed and size."""
    note = study_note(full())
    assert "- `boosting`, trial 1: `roc_auc` **0.8995 ± 0.013** over 4 folds." in note
    assert "80 % of the way from guessing (0.5) to perfect (1)" in note
    assert "The ensemble of 2 pipelines (`boosting-1` 50 % and `linear-2` 50 %) scores **0.9195 ± 0.01**" in note
    assert "one row takes 4 ms and its fold models take 0.2 MB" in note
    assert "| `linear` | 0.8895 ± 0.013 | 1 | 4s |" in note
    assert "| `svm` | none | 2 | 2s |" in note
    assert "| `dummy` (guesses) | 0.5 ± 0 | 1 |" in note


def test_a_best_that_guesses_is_told_to_guess():
    """The word 'explains' and the words 'no better than guessing' never stand in the same note."""
    good, bad = study_note(full()), study_note(seen(guessed(), tried(1, "boosting", *around(-0.5, 0.02))))
    assert "explain" in good
    assert "no better than guessing" not in good
    assert "no better than guessing (the dummy scores 0.5)" in bad
    assert "explain" not in bad


def test_causes_are_grouped_and_say_what_to_do():
    """Failures that differ in numbers alone are one cause, with a count, the families, an example and advice."""
    many = [failed(10 + k, "svm", "crashed", f"ValueError: {k} is odd") for k in range(7)]
    others = [failed(20, "forest", "crashed", "ValueError: 9 is odd"), failed(21, "svm", "out_of_memory", "no room")]
    cut = [failed(30, "svm", "cancelled", "the search ended first"), failed(31, "forest", "timed_out", "3s")]
    note = study_note(seen(guessed(), BEST, *many, *others, *cut))
    assert "- **crashed**: 8 trials, `svm` 7 and `forest` 1 (ValueError: 0 is odd)." in note
    assert "- **ran out of memory**: 1 trial, `svm` (no room). A higher `memory_limit`" in note
    assert "- **ran out of time**: 1 trial, `forest`. More time (`time_budget`)" in note
    assert "- **cut off by the end of the search**: 1 trial, `svm`. Nothing is wrong with it" in note
    assert "What failed" not in study_note(seen(guessed(), BEST))


def test_of_many_causes_the_most_frequent_are_told():
    """Six causes are told, the others counted; what racing stopped is told all the same."""
    many = [failed(10 * k + j, "svm", "crashed", f"ValueError: {'x' * k}") for k in range(1, 10) for j in range(k)]
    stopped = tried(200, "forest", -0.6, state="stopped", reason="hopeless")
    note = study_note(seen(guessed(), BEST, *many, stopped))
    assert "- **crashed**: 9 trials, `svm` (ValueError: xxxxxxxxx)." in note
    assert "- 3 other causes: 6 trials." in note
    assert "- **given up early**: 1 trial, `forest`." in note


def test_the_state_is_told_while_it_runs_and_after():
    """A running search says how long it has and may run; one that ended says why."""
    assert "The search is running: 1m40s used, 1 trial ended; it may take 10m." in study_note(
        seen(BEST, why_stopped="")
    )
    assert "## The best so far" in study_note(seen(BEST, why_stopped=""))
    ended = study_note(seen(BEST))
    assert "The search has ended because the time budget is spent: 1m40s used, 1 trial ended." in ended
    assert "so far" not in ended


REGRESSION = {"metric": RMSE, "task": Task("regression", "price", (), "many numbers")}
MANY = Task("multiclass", "kind", tuple(range(300)), "300 labels")


@pytest.mark.parametrize(
    "view",
    [
        seen(why_stopped="", seconds=0.0),
        seen(guessed()),
        seen(guessed(), why_stopped=""),
        seen(*(failed(k, "svm", "crashed", "no luck") for k in range(5))),
        seen(failed(0, "dummy", "crashed", "no luck")),
        seen(tried(0, "boosting", -0.9), n_folds=1),
        seen(tried(0, "boosting", -0.9, state="partial", reason="the search ended after 1 of 4 folds")),
        seen(guessed(), tried(1, "linear", -0.9, -0.8, state="partial", reason="timed out"), tried(2, "svm", -0.9)),
        seen(replace(BEST, folds=(), state="failed", reason="ended by a viewer")),
        seen(guessed(loss=3.0), tried(1, "boosting", *around(2.0)), **REGRESSION),
        seen(tried(1, "boosting", *around(2.0)), metric=METRICS["log_loss"], task=MANY),
        seen(guessed(), BEST, NEXT, metric=OWN),
        seen(BEST, replace(NEXT, seconds=math.nan), seconds=math.nan),
        seen(tried(0, "unplanned", *around(-0.9), config={"depth": 3, "on": True, "how": None})),
        seen(*(tried(k, "linear", 0.0, 0.0, 0.0, 0.0) for k in range(12)), guessed(20, 0.0)),
        seen(*(tried(k, "linear", 1e100, -1e100, 3.0) for k in range(12)), metric=RMSE),
    ],
)
def test_notes_of_odd_searches_are_notes_all_the_same(view):
    """Nothing yet, only the dummy, all failed, one fold, unknown times, any task and metric: a note comes out."""
    note = study_note(view)
    assert kinds(note) <= PLAIN
    assert "nan" not in note.lower().split()
    for each in view.evaluations:
        assert kinds(trial_note(each, view)) <= PLAIN
    assert set(noted(view)) <= {each.number for each in view.evaluations}


def test_an_empty_search_says_so():
    """Before the first score the note tells that there is none, and with the dummy alone that it only guesses."""
    assert "No trial has a score yet." in study_note(seen(why_stopped=""))
    assert "Only guessing (the dummy) has a score so far: 0.5." in study_note(seen(guessed(), why_stopped=""))
    assert "Only guessing (the dummy) has a score: 0.5." in study_note(seen(guessed()))


NASTY = [
    "a|b",
    "<script>alert(1)</script>",
    "![x](http://e.org/y.png)",
    "[click](http://e.org)",
    "`code` and ``more``",
    "**bold** _it_ ~~no~~ *x*",
    "# head\n\n- list\n\n> quote\n\n---\n| a |\n|---|",
    "\\| \\` \\\\|",
    "&lt;b&gt; &amp;",
    "https://e.org www.e.org me@e.org <me@e.org>",
    "\ud800a\u202eb\x00c\u2028end",
    "1. one",
    "$x^2$",
]


@pytest.mark.parametrize("text", NASTY)
def test_foreign_text_is_shown_as_it_stands(text):
    """Names and messages read the same and mark nothing, in a paragraph and in a table's cell."""
    wanted = " ".join("".join(c for c in text.replace("\ud800", "\ufffd") if c not in "\u202e\x00").split())
    for made in (plain(text, 400), name(text, 400).strip("“”")):
        for note in (f"- It is {made} here.", f"- {made}", made, f"| a | b |\n|---|---|\n| {made} | right |"):
            assert kinds(note) <= PLAIN
            assert wanted in read(note).replace("\u200b", "")
            assert len([token for token in tokens(note) if token.type == "td_open"]) in (0, 2)


def test_addresses_do_not_become_links():
    """The dashboard makes links of bare addresses; one in a column's name is no place to go."""
    for text in ("see https://e.org/x!", "see www.e.org!", "write me@e.org!"):
        made = plain(text)
        assert "://" not in made
        assert "www." not in made
        assert "@e" not in made


names = st.one_of(st.text(min_size=1, max_size=200), st.sampled_from(NASTY), st.just("very long " * 300))

storable = names.filter(lambda text: "\ud800" not in text)  # a leaderboard holds no halves of a sign


@settings(max_examples=40, deadline=None)
@given(
    target=names,
    labels=st.lists(names, min_size=2, max_size=40, unique=True),
    columns=st.lists(names, min_size=0, max_size=40, unique=True),
    message=storable,
    family=storable,
    n_lost=st.integers(0, 120),
)
def test_notes_are_small_and_harmless_whatever_stands_in_the_table(target, labels, columns, message, family, n_lost):
    """Under 6,000 and 1,500 bytes, and made of nothing but headings, lists, tables and words."""
    roles = ("identifier", "numeric", "constant", "leak", "text")
    schema = [Column(each, roles[k % 5], message) for k, each in enumerate(columns)]
    config = {f"{family}{k}": message for k in range(20)}
    best = tried(1, family, *around(-0.9, n=40), config=config)
    lost = [failed(2 + k, f"{family}{k % 30}", "crashed", f"{message} {'x' * (k % 17)}") for k in range(n_lost)]
    view = seen(
        guessed(n=40),
        best,
        *lost,
        task=Task("multiclass", target, tuple(labels), message),
        columns=schema,
        families=[family],
        notes=tuple(columns),
        source=target,
        metric_reason=message,
        roles={"target": target, "groups": target},
        ensemble=combined(-0.91, best, best),
        why_stopped=message,
    )
    note = study_note(view)
    assert len(note.encode()) < 6000
    assert kinds(note) <= PLAIN
    assert next(token.content for token in tokens(note) if token.type == "inline").startswith("Predicting ")
    assert "## State" in note
    for each in view.evaluations[:3]:
        told = trial_note(each, view)
        assert len(told.encode()) < 1500
        assert kinds(told) <= PLAIN


def test_what_does_not_fit_is_counted():
    """A note that would be too long leaves out the least important lines and says how many."""
    families = [tried(k, f"family_of_a_rather_long_name_{k}", *around(-0.9 + k / 1000)) for k in range(150)]
    note = study_note(seen(*families))
    assert len(note.encode()) < 6000
    shown = note.count("| `family_of_a_rather_long_name_")
    assert f"…and {150 - shown} more." in note
    assert shown > 40


def test_a_trial_note_tells_what_it_was_and_how_it_did():
    """Place, distance from the best, share of the ensemble, changed hyperparameters, and each fold."""
    view = full()
    note = trial_note(NEXT, view)
    assert note.startswith("# Trial 2: `linear`")
    assert "`roc_auc` **0.8895 ± 0.013** over 4 folds" in note
    assert "Place 3 of 7 on the leaderboard, 0.01 behind the best, `boosting-1`." in note
    assert "A member of the ensemble, with 50 % of the weight." in note
    assert "It took 4s and ended 50s into the search." in note
    assert "| 0 | 0.9 | 1 | 10 |" in note
    best = trial_note(BEST, view)
    assert "Place 2 of 7 on the leaderboard, the best single pipeline." in best
    assert "| `learning_rate` | 0.03 | 0.05 |" in best
    assert "| `grow` | lossguide | depthwise |" in best
    assert "`leaves`" not in best  # at its default
    assert "Why it ended" not in best


def test_a_trial_note_without_changes_says_so():
    """A config of defaults is told in words, and so is a model that has no hyperparameters."""
    default = tried(3, "boosting", *around(-0.9), config={"learning_rate": 0.05, "leaves": 20, "grow": "depthwise"})
    view = seen(guessed(), default)
    assert "All at their defaults." in trial_note(default, view)
    assert "It has none." in trial_note(guessed(), view)


@pytest.mark.parametrize(
    ("kind", "words", "advice"),
    [
        ("out_of_memory", "It **ran out of memory**: no luck.", "`memory_limit`"),
        ("timed_out", "It **ran out of time**: no luck.", "`time_budget`"),
        ("crashed", "It **crashed**: no luck.", "`algorithms`"),
        ("bad_prediction", "It **predicted what is no prediction**: no luck.", "extreme values"),
        ("cancelled", "It was **cut off by the end of the search**: no luck.", "more time"),
    ],
)
def test_a_failed_trial_tells_why_and_what_to_do(kind, words, advice):
    """Each kind of failure has its words and its advice."""
    lost = failed(3, "svm", kind, "no luck")
    note = trial_note(lost, seen(BEST, lost))
    assert words in note
    assert advice in note


def test_a_stopped_and_a_partial_trial_tell_why():
    """Racing is told with its reason and that nothing is wrong; a partial trial keeps what it has."""
    stopped = tried(3, "svm", -0.6, state="stopped", reason="hopeless after 1 of 4 folds against boosting (trial 1)")
    partial = tried(4, "svm", -0.89, state="partial", reason="the search ended after 1 of 4 folds")
    view = seen(BEST, stopped, partial)
    note = trial_note(stopped, view)
    assert "It was **given up early**: hopeless after 1 of 4 folds against boosting (trial 1)." in note
    assert "over 1 fold of 4" in note
    assert "0.3 behind the best, `boosting-1` on the folds that both have" in note.replace("0.29", "0.3").replace(
        "0.31", "0.3"
    )
    assert "What it finished counts." in trial_note(partial, view)


def test_trials_that_deserve_a_note():
    """The ten best, the ensemble's members, and the latest fifty each of those that failed and were stopped."""
    good = [tried(k, "boosting", *around(-0.9 + k / 100)) for k in range(15)]
    lost = [failed(100 + k, "svm", "crashed") for k in range(60)]
    stopped = [tried(200 + k, "svm", -0.6, state="stopped", reason="x") for k in range(60)]
    view = seen(*good, *lost, *stopped, ensemble=combined(-0.9, good[0], good[12]))
    assert noted(view) == [*range(10), 12, *range(110, 160), *range(210, 260)]


def test_the_same_view_makes_the_same_note():
    """A note is written again only if something changed, so it depends on nothing else, nor on the order of arrival."""
    view = full()
    back = SearchView.of(plan(), AUC, view.evaluations[::-1], FREE, view.ensemble, 100.0, view.why_stopped)
    assert study_note(view) == study_note(back)


@given(st.floats(-1e300, 1e300))
def test_numbers_keep_four_digits(value):
    """A number in words is within half a unit of its fourth digit, and reads as a number."""
    told = float(number(value).replace(",", ""))
    assert told == pytest.approx(value, rel=5.1e-4, abs=1e-320)


def test_budgets_without_time_are_told_in_trials():
    """A search that is limited by trials says so."""
    note = study_note(seen(BEST, why_stopped="", budget=Budget(n_trials=20)))
    assert "it may take 20 trials." in note
