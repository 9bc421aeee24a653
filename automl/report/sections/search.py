"""The search, told: its course in words and pictures."""

from __future__ import annotations

from automl.dashboard.causes import causes
from automl.dashboard.wording import count, duration, plain
from automl.report.blocks import Block, Heading, Section, told
from automl.report.course.course import SearchCourse
from automl.report.figures import figure_of
from automl.report.material import Material
from automl.report.sentence import Sentence, sentences

_CAUSES = 8


def search(material: Material) -> Section:
    """Return the section."""
    course = material.course
    view = course.view
    why = f"The search ended because {plain(view.why_stopped, 200)}: {duration(view.seconds)} used, "
    blocks: list[Block | Heading] = [
        told(Sentence(f"{why}{count(len(view.evaluations), 'trial')} ended."), Sentence(course.progress.sentence)),
    ]
    blocks += _time(course)
    blocks += [
        Heading("What made a difference"),
        told(*sentences(course.influence.sentences)),
    ]
    if course.influence.frame()["share"].notna().any():
        alt = "Shares of what scores differed by that the algorithm and hyperparameters explain."
        frame = course.influence.frame()
        blocks.append(figure_of(course.influence.plot(), "influence", "What made a difference", alt, frame, first=True))
    alt = "Trials by algorithm, and why some have none."
    blocks += [
        Heading("What was never tried"),
        told(*sentences(course.untried.sentences)),
        figure_of(course.untried.plot(), "untried", "What was tried", alt, course.untried.frame(), first=True),
        Heading("Ranges"),
        told(*sentences(course.ranges.sentences, "caution" if course.ranges.found else "neutral")),
    ]
    if not course.ranges.table.empty:
        alt = f"Where each hyperparameter of the best {course.ranges.algorithm} lies in its range."
        figure = figure_of(course.ranges.plot(), "ranges", "Ranges of the best pipeline", alt, course.ranges.frame())
        blocks.append(figure)
    return Section("search", "The search", tuple(blocks + _learned(course)))


def _time(course: SearchCourse) -> list[Block | Heading]:
    blocks: list[Block | Heading] = []
    if not course.progress.table.empty:
        alt = "Scores of all trials by the time they ended, and the best so far."
        blocks.append(figure_of(course.progress.plot(), "progress", "Score over time", alt, course.progress.frame()))
    blocks += [Heading("Is more time worth it?"), told(Sentence(course.outlook.sentence))]
    if not course.outlook.reason:
        alt = "The best score so far, and how it is likely to go on."
        blocks.append(figure_of(course.outlook.plot(), "outlook", "Outlook", alt, course.outlook.frame()))
    alt = "Seconds that each algorithm's fits took."
    families = figure_of(
        course.families.plot(), "families", "Time by algorithm", alt, course.families.frame(), first=True
    )
    return [*blocks, Heading("Where the time went"), told(Sentence(course.families.sentence)), families]


def _learned(course: SearchCourse) -> list[Block | Heading]:
    blocks: list[Block | Heading] = []
    if found := course.findings:
        blocks += [Heading("What was learned"), told(*(Sentence(each.sentence) for each in found))]
    failed = causes(course.view.evaluations)[:_CAUSES]
    if failed:
        blocks += [Heading("What failed or was stopped"), told(*(Sentence(each.sentence) for each in failed))]
    return blocks
