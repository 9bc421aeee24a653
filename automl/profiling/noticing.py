"""What is noticed about a table: with a target all that a plan tells, without one what needs none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from automl.checks.looking import look_at
from automl.checks.subject import Subject
from automl.data.dataset import Dataset
from automl.data.roles import describe
from automl.preparing import prepare
from automl.request import Request
from automl.values.finding import Finding
from automl.values.plan import Plan
from automl.values.schema import Schema
from automl.values.task import Task

_OF_A_TARGET = ("conflicting-duplicates", "few-rows", "groups-split", "missing-tells-target", "time-order")


def plan_of(frame: pd.DataFrame, target: Any, options: Mapping[str, Any]) -> Plan:
    """Return the plan of a search on this table."""
    return prepare(Request(frame, target, time_budget="10m", **options)).plan


def notice(frame: pd.DataFrame, plan: Plan | None, options: Mapping[str, Any]) -> tuple[Schema, tuple[Finding, ...]]:
    """Return what the columns are, and what was noticed, the gravest first."""
    if plan is not None:
        return plan.schema, plan.noticed
    schema = describe(frame.rename(columns=str), roles=options.get("roles"))
    nothing = Dataset(
        X=frame.rename(columns=str),
        y=np.zeros(len(frame)),
        task=Task("regression", "nothing", ()),
        schema=schema,
        weight=None,
        groups=None,
        times=None,
        findings=(),
        notes=(),
        roles={},
        present=np.ones(len(frame), dtype=bool),
    )
    return schema, look_at(Subject(nothing), ignore=_OF_A_TARGET)
