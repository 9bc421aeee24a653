"""What was learned: each finding appears where its evidence holds, and its opposite where the opposite does."""

import math
from dataclasses import replace

import pytest
from views_by_hand import MIDDLE, OWN, RMSE, around, combined, failed, guessed, seen, tried

from automl.dashboard.findings import explains, findings
from automl.dashboard.standing import Standing, compare

GUESSED = guessed()


def learned(view):
    """Return the findings of a view by the name of their kind, and check that none stands twice by mistake."""
    return {type(each).__name__: each for each in findings(Standing.of(view))}


def shifted(losses, by):
    """Return the same losses, each worse by nearly as much."""
    return tuple(loss + by * (1 + 0.05 * (-1) ** k) for k, loss in enumerate(losses))


BEST = around(-0.9)
CLEAR = shifted(BEST, 0.1)
LIKE = tuple(loss + 0.001 * (-1) ** k + 0.0002 for k, loss in enumerate(BEST))


def test_a_family_that_is_better_on_every_fold_leads_clearly():
    """A gap beyond what folds leave to chance is called clear, and only then."""
    clear = learned(seen(GUESSED, tried(1, "boosting", *BEST), tried(2, "forest", *CLEAR)))
    noise = learned(seen(GUESSED, tried(1, "boosting", *BEST), tried(2, "forest", *LIKE)))
    assert "WithinNoise" not in clear
    assert clear["ClearLead"].sentence.startswith("`boosting` leads clearly: by 0.1 before `forest`")
    assert "ClearLead" not in noise
    assert noise["WithinNoise"].sentence.startswith(
        "The lead of `boosting` is within the noise: folds can't tell it from `forest` (it is 0.0002 before `forest`"
    )


def test_a_lead_is_told_against_the_family_that_can_not_be_told_from_the_best():
    """Families clearly behind are not among those of equal standing."""
    found = learned(seen(tried(1, "boosting", *BEST), tried(2, "forest", *LIKE), tried(3, "svm", *CLEAR)))
    assert found["WithinNoise"].others == ("forest",)


def test_a_difference_on_every_fold_that_is_a_trifle_is_no_lead():
    """A gap that is the same on every fold is beyond chance, and still nothing next to what folds differ by."""
    trifle = tuple(loss + 0.0001 for loss in BEST)
    found = learned(seen(GUESSED, tried(1, "boosting", *BEST), tried(2, "linear", *trifle)))
    assert not {"ClearLead", "SimpleIsWorse"} & found.keys()
    assert {"WithinNoise", "SimpleIsAsGood"} <= found.keys()


def test_one_family_or_one_fold_makes_no_lead():
    """With nothing to compare with, and with no spread, there is no lead; that all stands on one fold is said."""
    assert not {"ClearLead", "WithinNoise"} & learned(seen(GUESSED, tried(1, "boosting", *BEST))).keys()
    one = learned(seen(guessed(n=1), tried(1, "boosting", -0.9), tried(2, "forest", -0.8)))
    assert not {"ClearLead", "WithinNoise", "SimpleIsAsGood"} & one.keys()
    assert one["OneFold"].sentence.startswith("Every score stands on a single fold")
    assert "OneFold" not in learned(seen(GUESSED, tried(1, "boosting", *BEST), tried(2, "forest", *LIKE)))


def test_two_folds_do_not_make_unlike_models_alike():
    """Two folds leave nearly everything to chance, which is no evidence that a simple model is as good."""
    found = learned(seen(guessed(n=2), tried(1, "boosting", -0.95, -0.85), tried(2, "linear", -0.7, -0.69)))
    assert not {"SimpleIsAsGood", "NoBetterThanGuessing"} & found.keys()


def test_a_simple_model_is_preferred_where_it_is_as_good():
    """A linear model within the noise of the best is recommended; one clearly behind is said not to be enough."""
    good = learned(seen(GUESSED, tried(1, "boosting", *BEST), tried(2, "linear", *LIKE)))
    bad = learned(seen(GUESSED, tried(1, "boosting", *BEST), tried(2, "linear", *CLEAR)))
    assert "The simple `linear` is as good as `boosting`" in good["SimpleIsAsGood"].sentence
    assert "prefer it" in good["SimpleIsAsGood"].sentence
    assert "A simple model is not enough: `linear`" in bad["SimpleIsWorse"].sentence
    assert "SimpleIsWorse" not in good
    assert "SimpleIsAsGood" not in bad
    itself = learned(seen(GUESSED, tried(1, "linear", *BEST), tried(2, "boosting", *LIKE)))
    assert not {"SimpleIsWorse", "SimpleIsAsGood"} & itself.keys()


@pytest.mark.parametrize("losses", [around(-0.5, 0.02), (-0.4, -0.45, -0.42, -0.41)])
def test_columns_that_say_nothing_are_called_that(losses):
    """A best that guessing matches or beats makes that the finding, and the order of models is not talked about."""
    view = seen(GUESSED, tried(1, "boosting", *losses), tried(2, "linear", *losses))
    found = learned(view)
    assert "The columns say little about the target" in found["NoBetterThanGuessing"].sentence
    assert not {"ClearLead", "WithinNoise", "SimpleIsAsGood", "AtEdge", "InsideRanges"} & found.keys()
    assert explains(Standing.of(view)) is None


def test_a_best_that_beats_guessing_explains_the_target():
    """How far is told as a share of the way to perfect, or of the error, and not at all for a metric of one's own."""
    view = seen(GUESSED, tried(1, "boosting", *around(-0.9)))
    assert "NoBetterThanGuessing" not in learned(view)
    assert explains(Standing.of(view)).sentence == (
        "The columns explain much of the target: that is 80 % of the way from guessing (0.5) to perfect (1)."
    )
    error = seen(guessed(loss=10.0), tried(1, "boosting", *around(7.0, 0.1)), metric=RMSE)
    assert explains(Standing.of(error)).sentence == (
        "The columns explain some of the target: `rmse` is 30 % lower than guessing's 10."
    )
    own = seen(GUESSED, tried(1, "boosting", *around(-0.9)), metric=OWN)
    assert explains(Standing.of(own)).sentence == (
        "The columns explain some of the target: guessing (the dummy) scores 0.5."
    )


def test_an_ensemble_helps_or_does_not():
    """It helps if it is better than the best single pipeline by more than a tenth of its folds' deviation."""
    one, two = tried(1, "boosting", *BEST), tried(2, "forest", *LIKE)
    loss = one.loss
    helps = learned(seen(one, two, ensemble=combined(loss - 0.02, one, two)))
    trifle = learned(seen(one, two, ensemble=combined(loss - 0.0002, one, two)))
    hurts = learned(seen(one, two, ensemble=combined(loss + 0.02, one, two)))
    assert "is better than the best single one (0.8995) by 0.02" in helps["EnsembleHelps"].sentence
    assert "EnsembleDoesNotHelp" not in helps
    assert "0.0002 better than the best single one" in trifle["EnsembleDoesNotHelp"].sentence
    assert "0.02 worse than the best single one" in hurts["EnsembleDoesNotHelp"].sentence
    assert not {"EnsembleHelps", "EnsembleDoesNotHelp"} & learned(seen(one, two)).keys()


def course_of(*losses, at=None, **changes):
    """Return the findings of a search of 100 s in which these losses came one after the other."""
    ends = at or [100 * (k + 1) / len(losses) for k in range(len(losses))]
    trials = [
        tried(k, "boosting", *around(loss), ended=end) for k, (loss, end) in enumerate(zip(losses, ends, strict=True))
    ]
    return learned(seen(*trials, **changes))


def test_a_search_that_improved_to_the_end_is_worth_more_time():
    """The best reached in the last fifth of the time says the opposite of one that was reached in its first half."""
    late = course_of(-0.7, -0.72, -0.75, -0.8, -0.83, -0.9)
    early = course_of(-0.7, -0.9, -0.8, -0.8, -0.8, -0.8, -0.8, -0.8)
    assert late["StillImproving"].sentence.endswith("after 1m40s of 1m40s; more time is likely worth it.")
    assert "Settled" not in late
    assert "the last 75 % of the time (6 trials after 25s) brought no improvement" in early["Settled"].sentence
    assert early["Settled"].sentence.endswith("more time is unlikely to help.")
    assert "StillImproving" not in early
    running = course_of(-0.7, -0.72, -0.75, -0.8, -0.83, -0.9, why_stopped="")
    assert running["StillImproving"].sentence.endswith("it may go on improving.")


def test_a_trifling_late_improvement_is_none():
    """A best that came late is not evidence for more time if one as good came early."""
    found = course_of(-0.7, -0.9, -0.8, -0.8, -0.8, -0.8, -0.8, -0.90001)
    assert "StillImproving" not in found
    assert found["Settled"].n_trials == 6


def test_unknown_times_or_few_trials_tell_no_course():
    """Without times, or with fewer than five trials, nothing is said about more time."""
    for found in (course_of(*[-0.7, -0.9] * 4, at=[math.nan] * 8), course_of(-0.9, -0.7, -0.7, -0.7)):
        assert not {"StillImproving", "Settled"} & found.keys()


def test_a_fold_far_from_the_others_is_named():
    """One fold that the others would not have predicted is told with its number; folds that agree are told as such."""
    far = learned(seen(GUESSED, tried(1, "boosting", -0.9, -0.905, -0.6, -0.895, -0.902, -0.899)))
    assert far["FoldFarOff"].sentence.startswith(
        "Fold 2 is far off: `boosting` scores 0.6 there, much worse than 0.9002 ± 0.0037 on the others"
    )
    agree = learned(seen(GUESSED, tried(1, "boosting", -0.9, -0.905, -0.898, -0.895, -0.902, -0.899)))
    assert (
        agree["FoldsAgree"].sentence
        == "The folds agree: the best single pipeline scores between 0.895 and 0.905 on all 6."
    )
    spread = learned(seen(GUESSED, tried(1, "boosting", -0.9, -0.8, -0.7, -0.95, -0.85, -0.75)))
    assert not {"FoldFarOff", "FoldsAgree"} & spread.keys()
    assert "FoldsAgree" not in far
    better = learned(seen(guessed(loss=9.0), tried(1, "boosting", 5.0, 5.1, 4.9, 5.05, 1.0, 4.95), metric=RMSE))
    assert "Fold 4 is far off: `boosting` scores 1 there, much better than 5" in better["FoldFarOff"].sentence


def tuned(**config):
    """Return the findings of a search with three trials of one family, the best of which has this config."""
    return learned(
        seen(*(tried(k, "boosting", *around(-0.9 + 0.01 * k), config={**MIDDLE, **config}) for k in range(3)))
    )


def test_a_hyperparameter_at_an_edge_is_told():
    """A value at an end of its range, on its own scale, says that a wider range may hold better ones."""
    assert tuned(learning_rate=0.1)["AtEdge"].sentence == (
        "`learning_rate` of the best `boosting` is 0.1, at the upper edge of its range (0.005 to 0.1): a wider range "
        "may hold better values."
    )
    assert "at the lower edge of its range (2 to 200)" in tuned(leaves=2)["AtEdge"].sentence
    inside = tuned(learning_rate=0.006)  # near on a plain scale, not on a logarithmic one
    assert "AtEdge" not in inside
    assert inside["InsideRanges"].sentence == (
        "The ranges are wide enough: the best `boosting` has its 3 numeric hyperparameters well inside them."
    )
    assert "InsideRanges" not in tuned(learning_rate=0.1)


def test_an_edge_beyond_which_nothing_lies_is_no_edge():
    """A share can't be above 1, so it isn't told to widen its range."""
    assert "AtEdge" not in tuned(subsample=1.0)
    assert "AtEdge" in tuned(subsample=0.5)


def test_edges_of_a_family_that_was_hardly_tried_say_nothing():
    """One or two trials of a family make no statement about its ranges."""
    found = learned(seen(tried(0, "boosting", *BEST, config={**MIDDLE, "leaves": 2})))
    assert not {"AtEdge", "InsideRanges"} & found.keys()


def test_time_that_gave_nothing_is_told():
    """The family that took most of the time is either the best, or useless, or neither is said."""
    best = tried(1, "boosting", *BEST)
    lost = learned(seen(best, tried(2, "svm", *CLEAR, seconds=9.0)))
    assert lost["TimeLost"].sentence == (
        "`svm` took 90 % of the training time and gave nothing: it is clearly behind the best and is in no ensemble; "
        "leave it out next time."
    )
    unscored = learned(
        seen(best, replace(failed(2, "svm", "timed_out"), folds=failed(2, "svm", "timed_out").folds * 9))
    )
    assert "it finished no trial" in unscored["TimeLost"].sentence
    paid = learned(seen(tried(1, "boosting", *BEST, seconds=9.0), tried(2, "svm", *CLEAR)))
    assert paid["TimeWellSpent"].sentence == "The time went where it paid: `boosting`, the best, took 90 % of it."
    assert "TimeLost" not in paid
    near = learned(seen(best, tried(2, "svm", *LIKE, seconds=9.0)))
    slow = tried(2, "svm", *CLEAR, seconds=9.0)
    member = learned(seen(best, slow, ensemble=combined(best.loss, best, slow)))
    trifle = learned(seen(best, tried(2, "svm", *(loss + 0.0001 for loss in BEST), seconds=9.0)))
    for found in (near, member, trifle):
        assert not {"TimeLost", "TimeWellSpent"} & found.keys()


def test_the_share_of_failed_trials_is_told():
    """Many failures are told with their share, none at all as well; what the end cut off is no failure."""
    good = [tried(k, "boosting", *BEST) for k in range(10)]
    bad = [failed(10 + k, "svm", "crashed") for k in range(5)]
    assert learned(seen(*good, *bad))["ManyFailed"].sentence.startswith("33 % of the trials (5 of 15) failed")
    cut = failed(20, "svm", "cancelled", "the search ended first")
    assert learned(seen(*good, cut))["NoneFailed"].sentence == "None of the 10 trials failed."
    assert not {"ManyFailed", "NoneFailed"} & learned(seen(*good, bad[0])).keys()
    assert "NoneFailed" not in learned(seen(*good, *bad))


def test_the_share_of_stopped_trials_is_told():
    """Racing is told about where it gave up much, and not otherwise."""
    good = [tried(k, "boosting", *BEST) for k in range(6)]
    lost = [tried(10 + k, "svm", -0.6, state="stopped", reason="hopeless") for k in range(4)]
    assert learned(seen(*good, *lost))["ManyStopped"].sentence.startswith("40 % of the trials (4 of 10) were given up")
    assert "ManyStopped" not in learned(seen(*good, lost[0]))


def test_an_average_hides_nothing_from_a_comparison_of_folds():
    """Candidates are compared on the folds that both have, so a lucky few folds make no lead."""
    whole, part = tried(1, "a", 0.1, 0.5, 0.1, 0.5), tried(2, "b", 0.12, state="partial")
    gap = compare(whole, part)
    assert (round(gap.size, 9), gap.n_folds) == (0.02, 1)
    assert not gap.is_clear()
    assert not gap.is_noise()
