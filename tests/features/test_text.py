"""Texts become a few numbers, whatever is in them."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.text import STATISTICS, TextTopics, contain_words

TEXTS = ["the flight was late again", "great crew, thank you!", "late flight and no crew", "THANK YOU all", "ok"] * 8


@settings(max_examples=40, deadline=None)
@given(
    train=st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=8),
    new=st.lists(st.one_of(st.none(), st.text(max_size=20)), min_size=1, max_size=5),
    unit=st.sampled_from(["word", "letters"]),
)
def test_any_text_can_be_learned_and_read(train: list[str | None], new: list[str | None], unit: Any) -> None:
    """Empty, missing, tiny and strange texts give finite rows of the announced width."""
    topics = TextTopics(unit, n_topics=3).fit(train)
    out = topics.transform(new)
    assert out.shape == (len(new), len(topics.names()))
    assert np.isfinite(out).all()


def test_the_same_text_is_the_same_row() -> None:
    """A text becomes the same alone, among others, and after a second fit with the same seed."""
    topics = TextTopics(n_topics=4).fit(TEXTS)
    together = topics.transform(TEXTS)
    np.testing.assert_array_equal(np.concatenate([topics.transform([text]) for text in TEXTS]), together)
    np.testing.assert_allclose(TextTopics(n_topics=4).fit(TEXTS).transform(TEXTS), together, atol=1e-6)


def test_missing_text_is_an_empty_one() -> None:
    """None and the empty text are zeros everywhere."""
    assert not TextTopics(n_topics=3).fit(TEXTS).transform([None, ""]).any()


def test_statistics_count() -> None:
    """Behind the topics stand characters, words, shares of capitals and digits, and exclamations."""
    out = TextTopics(n_topics=2).fit(TEXTS).transform(["AB 12!"])[0, -len(STATISTICS) :]
    np.testing.assert_allclose(out, [6, 2, 2 / 6, 2 / 6, 1])


def test_fixed_width_is_kept() -> None:
    """With ``is_fixed`` there are as many topics as asked for, zero where texts have no more."""
    topics = TextTopics(n_topics=6, statistics=False, is_fixed=True).fit(["one word", "one word", None])
    assert topics.transform(["one word"]).shape == (1, 6)
    assert TextTopics(n_topics=6, statistics=False, is_fixed=True).fit([None]).transform(["x"]).shape == (1, 6)


def test_state_holds_no_list_of_terms() -> None:
    """Terms are stored as one text, and come back as they were."""
    topics = TextTopics(n_topics=3).fit(TEXTS)
    topics.transform(TEXTS)
    assert isinstance(topics.__getstate__()["terms_"], str)
    again = pickle.loads(pickle.dumps(topics))
    assert again.terms_ == topics.terms_
    np.testing.assert_array_equal(again.transform(TEXTS), topics.transform(TEXTS))


def test_similar_names_are_near() -> None:
    """An unseen name lies nearest to the known one that shares its letters."""
    names = ["Police Officer", "Bus Operator", "Librarian", "Fire Fighter", "Police Sergeant", "Bus Mechanic"] * 3
    topics = TextTopics("letters", n_topics=4, statistics=False).fit(names)
    known, unseen = topics.transform(names[:4]), topics.transform(["Police Officer III"])[0]
    assert int((known @ unseen).argmax()) == 0


def test_long_texts_are_cut_and_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms are learned from a bounded number of characters, so that long texts can't take all the time."""
    monkeypatch.setattr("automl.features.text.FIT_CHARACTERS", 2_000)
    texts = [f"word{i % 7} " * 100 for i in range(50)]
    assert TextTopics(n_topics=3).fit(texts).transform(texts).shape[0] == 50


def test_words_are_told_from_codes() -> None:
    """Names of words are worth topics; codes, handles and coordinates are not."""
    assert contain_words(["Washington, DC", "New York City", "Chicago"])
    assert not contain_words([])
    assert not contain_words(["[40.7, -73.9]", "[0.0, 0.0]"])


def test_tweets_take_seconds(table: Callable[[str], Any]) -> None:
    """Fifteen thousand tweets are learned and placed within three seconds."""
    texts = table("airline_sentiment").frame["text"].tolist()
    started = time.perf_counter()
    TextTopics().fit(texts).transform(texts)
    assert time.perf_counter() - started < 10  # three on an idle core
