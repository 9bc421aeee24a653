"""The page of a profile: the look of a report, the findings as a list, and a library's picture of every column.

What comes from the table is escaped by the template engine. The library's part stands in a shadow tree of its own, so
its styles and ours don't meet. A Content-Security-Policy forbids every request.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from automl._version import __version__
from automl.profiling.columns import ColumnFacts
from automl.values.finding import Finding

if TYPE_CHECKING:
    from jinja2 import Template

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:"


def render(
    title: str,
    facts: Sequence[tuple[str, str]],
    noticed: Sequence[Finding],
    columns: Sequence[ColumnFacts],
    picture: str,
    remarks: Sequence[str],
) -> str:
    """Return the page.

    Parameters
    ----------
    picture
        The library's part, which is put in as it is.
    remarks
        What is to be said of it.
    """
    from markupsafe import Markup

    return _template().render(
        title=title,
        facts=facts,
        noticed=noticed,
        columns=columns,
        picture=Markup(picture),  # skrub escapes what it shows
        remarks=remarks,
        policy=_POLICY,
        style=Markup(_read("automl.report", "style.css") + _read("automl.profiling", "profile.css")),
        version=__version__,
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("automl.profiling"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("profile.html")


@cache
def _read(package: str, name: str) -> str:
    return (files(package) / "templates" / name).read_text(encoding="utf-8")
