"""Free text, and the names of messy categories, as a few dense numbers.

Texts become TF-IDF weights of their terms (words and pairs of words, or runs of three and four letters), and those a
few topics by truncated SVD, which puts texts with the same wording near each other. With ``statistics``, what can be
counted about a text (characters, words, capitals, digits, exclamation marks) stands beside them. A missing text is an
empty one. For categories such as job titles, letters matter more than words: "Master Police Officer" and an unseen
"Police Officer III" share most of their runs.

scikit-learn does the splitting, the counting and the SVD; the weighting is done here on plain arrays, because these
can be stored without a vectorizer and its 20,000 dictionary entries.

References
----------
Cerda and Varoquaux, "Encoding high-cardinality string categorical variables" (2020), on runs of letters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.extmath import randomized_svd

Matrix = npt.NDArray[np.float32]
Texts = Sequence[str | None] | npt.NDArray[np.object_]

STATISTICS = ("characters", "words", "capitals", "digits", "exclamations")
MAX_TERMS = 20_000
CUT = 5_000  # characters of a text that are looked at
FIT_CHARACTERS = 5_000_000  # characters that terms are learned from: about two seconds
CHUNK = 20_000  # texts at once

_WORD = re.compile(r"\w+")
_EXCLAMATION = re.compile(r"[!?]")
_LETTERS = re.compile(r"[^\W\d_]{4}")
_TWO_WORDS = re.compile(r"\w[\W_]+\w")


class TextTopics(BaseEstimator):
    """Place texts by their wording.

    Parameters
    ----------
    unit
        ``"word"`` for words and pairs of words, ``"letters"`` for runs of three and four letters within words.
    n_topics
        Number of topics, at most.
    statistics
        Whether counts about each text stand behind the topics.
    is_fixed
        Whether there are ``n_topics`` columns in any case, the last ones zero where texts don't have so many.
    seed
        Of the SVD and of the sample that terms are learned from.

    Attributes
    ----------
    terms_ : list[str]
        The terms that are weighted.
    idf_ : ndarray
        ``(n_terms,)``, the smoothed inverse document frequencies.
    components_ : ndarray
        ``(n_terms, n_topics)``.

    Examples
    --------
    >>> texts = ["the engine failed", "the engine stopped", "late flight", "a late flight again", None] * 5
    >>> topics = TextTopics(n_topics=2).fit(texts).transform(texts)
    >>> bool(topics[0] @ topics[1] > topics[0] @ topics[2])
    True
    """

    def __init__(
        self,
        unit: Literal["word", "letters"] = "word",
        n_topics: int = 50,
        statistics: bool = True,
        is_fixed: bool = False,
        seed: int = 0,
    ) -> None:
        self.unit = unit
        self.n_topics = n_topics
        self.statistics = statistics
        self.is_fixed = is_fixed
        self.seed = seed

    def fit(self, texts: Texts) -> TextTopics:
        """Learn terms and topics from training texts."""
        known = self._sample([text[:CUT] for text in texts if text])
        self.terms_: list[str] = []
        self.idf_: Matrix = np.zeros(0, dtype=np.float32)
        self.components_: Matrix = np.zeros((0, 0), dtype=np.float32)
        vectorizer = self._new_vectorizer(None)
        analyse = vectorizer.build_analyzer()
        if any(analyse(text) for text in known):  # scikit-learn refuses texts without any term
            self._fit_topics(vectorizer.fit_transform(known), vectorizer.get_feature_names_out())
        absent = self.n_topics - self.components_.shape[1]
        if self.is_fixed and absent:
            self.components_ = np.pad(self.components_, ((0, 0), (0, absent)))
        return self

    def _sample(self, texts: list[str]) -> list[str]:
        n_characters = sum(map(len, texts))
        if n_characters <= FIT_CHARACTERS:
            return texts
        n_kept = max(1, int(len(texts) * FIT_CHARACTERS / n_characters))
        kept = np.random.default_rng(self.seed).choice(len(texts), n_kept, replace=False)
        return [texts[i] for i in sorted(kept)]

    def _new_vectorizer(self, vocabulary: dict[str, int] | None) -> Any:
        words = self.unit == "word"
        return CountVectorizer(
            analyzer="word" if words else "char_wb",
            ngram_range=(1, 2) if words else (3, 4),
            vocabulary=vocabulary,
            dtype=np.float32,
        )

    def _fit_topics(self, counts: Any, terms: npt.NDArray[np.object_]) -> None:
        n_texts = counts.shape[0]
        in_texts = np.bincount(counts.indices, minlength=len(terms))
        kept = np.flatnonzero(in_texts >= (2 if n_texts < 2000 else 3))
        if len(kept) > MAX_TERMS:
            kept = np.sort(kept[np.argsort(-in_texts[kept], kind="stable")[:MAX_TERMS]])
        if not len(kept):
            return
        self.terms_ = terms[kept].tolist()
        self.idf_ = (np.log((1 + n_texts) / (1 + in_texts[kept])) + 1).astype(np.float32)
        n_topics = min(self.n_topics, n_texts - 1, len(kept) - 1)
        if len(kept) <= self.n_topics or n_topics < 1:
            self.components_ = np.eye(len(kept), min(len(kept), self.n_topics), dtype=np.float32)
            return
        weights = self._weigh(counts[:, kept].tocsr())
        axes = randomized_svd(weights, n_topics, n_iter=4, random_state=self.seed)[2]
        self.components_ = np.ascontiguousarray(axes.T, dtype=np.float32)

    def _weigh(self, counts: Any) -> Any:
        """Turn counts into TF-IDF weights of rows of length 1, in place."""
        counts.data = (1 + np.log(counts.data)) * self.idf_[counts.indices]
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
        counts.data /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(counts.indptr))
        return counts

    def transform(self, texts: Texts) -> Matrix:
        """Return topics and statistics, ``(n_rows, n_out)``; zeros for an empty or missing text."""
        place: dict[str, int] = {}
        rows = np.fromiter((place.setdefault(text or "", len(place)) for text in texts), np.int64, len(texts))
        distinct = list(place)
        found = np.zeros((len(distinct), len(self.names())), dtype=np.float32)
        n_topics = self.components_.shape[1]
        if len(self.terms_):
            for start in range(0, len(distinct), CHUNK):
                part = [text[:CUT] for text in distinct[start : start + CHUNK]]
                found[start : start + CHUNK, :n_topics] = self._weigh(self._counts(part)) @ self.components_
        if self.statistics:
            found[:, n_topics:] = [_statistics(text[:CUT]) for text in distinct] or np.zeros((0, len(STATISTICS)))
        return found[rows]

    def _counts(self, texts: list[str]) -> Any:
        vectorizer = getattr(self, "_vectorizer", None)
        if vectorizer is None:  # first use after fitting or loading; not part of the stored state
            vectorizer = self._vectorizer = self._new_vectorizer({term: i for i, term in enumerate(self.terms_)})
        return vectorizer.transform(texts)

    def names(self) -> list[str]:
        """Return what each output column is."""
        kind = "topic" if self.unit == "word" else "letters"
        topics = [f"{kind} {i + 1}" for i in range(self.components_.shape[1])]
        return topics + (list(STATISTICS) if self.statistics else [])

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {key: value for key, value in super().__getstate__().items() if key != "_vectorizer"}
        if "terms_" in state:  # one string: a list of 20,000 would be 20,000 nodes of a model file
            state["terms_"] = json.dumps(state["terms_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if isinstance(state.get("terms_"), str):
            self.terms_ = json.loads(state["terms_"])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "terms_")


def _statistics(text: str) -> tuple[float, ...]:
    n_characters = max(len(text), 1)
    return (
        float(len(text)),
        float(len(_WORD.findall(text))),
        sum(map(str.isupper, text)) / n_characters,
        sum(map(str.isdigit, text)) / n_characters,
        float(len(_EXCLAMATION.findall(text))),
    )


def contain_words(levels: Sequence[str]) -> bool:
    """Tell whether most of these names are made of words, some of several, so that their wording can tell something.

    Examples
    --------
    >>> contain_words(["Police Officer III", "Bus Operator", "Librarian"])
    True
    >>> contain_words(["A-113", "B-221"]), contain_words(["jsmith", "mmeyer"])
    (False, False)
    """
    some = levels[:: max(1, len(levels) // 5000)]
    with_letters = sum(_LETTERS.search(level) is not None for level in some)
    of_several = sum(_TWO_WORDS.search(level) is not None for level in some)
    return with_letters >= 0.5 * max(len(some), 1) and of_several >= 0.3 * max(len(some), 1)
