"""One HTML page that needs nothing else: styles and pictures stand in it, no script does, and nothing is fetched.

A Content-Security-Policy in the page forbids what isn't there anyway. Whatever comes from a table is escaped by the
template engine; only drawings, which this package makes, are put in as they are. An interactive page carries one copy
of plotly's program and its charts.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from automl._version import __version__
from automl.dashboard.wording import count, duration
from automl.report.audience import Depth
from automl.report.blocks import Code, Figure, Heading, Paragraphs, Section, Table
from automl.report.material import Material
from automl.report.sections.data import data
from automl.report.sections.explanations import explanations
from automl.report.sections.fairness import fairness
from automl.report.sections.leaderboard import leaderboard
from automl.report.sections.limits import limits
from automl.report.sections.next_steps import next_steps
from automl.report.sections.pictures import pictures
from automl.report.sections.reproduction import reproduction
from automl.report.sections.search import search
from automl.report.sections.summary import summary
from automl.report.sections.validation import validation

if TYPE_CHECKING:
    from jinja2 import Template

_STATIC = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_INTERACTIVE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
_KINDS = {Paragraphs: "paragraphs", Table: "table", Figure: "figure", Code: "code", Heading: "heading"}


def make_sections(material: Material, depth: Depth) -> list[Section]:
    """Return the sections that these readers get, in their order."""
    made: dict[str, Section | None] = {}
    for key in depth.sections:
        if key == "summary":
            made[key] = summary(material)
        elif key == "leaderboard":
            made[key] = leaderboard(material, depth)
        elif key == "validation":
            made[key] = validation(material, depth)
        elif key == "explanations":
            made[key] = explanations(material)
        elif key == "fairness":
            made[key] = fairness(material, is_asked=depth.audience == "audit")
        elif key == "data":
            made[key] = data(material, depth)
        elif key == "search":
            made[key] = search(material)
        elif key == "pictures":
            made[key] = pictures(material)
        elif key == "next":
            made[key] = next_steps(material)
        elif key == "limits":
            made[key] = limits(material)
        else:
            made[key] = reproduction(material, depth)
    return [each for each in made.values() if each is not None]


def render(material: Material, depth: Depth, sections: Sequence[Section], *, is_interactive: bool = False) -> str:
    """Return the page.

    Parameters
    ----------
    is_interactive
        Whether charts of plotly take the place of pictures where there are some.
    """
    charts: Mapping[str, str] = {}
    program = ""
    if is_interactive:
        from automl.report.interactive import charts_of, plotly_program

        charts, program = charts_of(sections, material.standing.view), plotly_program()
    from markupsafe import Markup

    run = material.run
    return _template().render(
        title=f"{depth.title}: {run.task.target}",
        depth=depth,
        facts=_facts(material),
        sections=sections,
        policy=_INTERACTIVE if is_interactive else _STATIC,
        style=Markup(_read("style.css")),  # a file of this package
        program=Markup(program),  # plotly's
        charts={key: Markup(chart) for key, chart in charts.items()},  # plotly's, which escapes labels
        version=__version__,
    )


def _facts(material: Material) -> list[tuple[str, str]]:
    run = material.run
    return [
        ("Predicts", f"{run.task.target} ({run.task.kind})"),
        ("Pipeline", str(material.row["id"])),
        ("Rows", f"{run.plan.n_rows:,}"),
        ("Judged by", run.plan.metric),
        ("Search", f"{count(len(run.evaluations), 'trial')} in {duration(run.seconds)}"),
        *([("Ended", run.ended.partition("T")[0])] if run.ended else []),
    ]


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("automl.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def picture(svg: str) -> Markup:
        return Markup(svg)  # drawn by this package, which escapes every label in it

    def inline(png: bytes) -> str:
        return f"data:image/png;base64,{base64.b64encode(png).decode()}"

    def kind(block: Any) -> str:
        return _KINDS[type(block)]

    environment.filters.update(picture=picture, inline=inline, kind=kind)
    return environment.get_template("page.html")


@cache
def _read(name: str) -> str:
    from importlib.resources import files

    return (files("automl.report") / "templates" / name).read_text(encoding="utf-8")
