"""Which steps an experiment may take from here, and why not the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from console.pages.experiments.forms import StopForm
from decisioning.experiments import queries
from decisioning.experiments.queries import Experiment
from governance.access.core import Permission as P
from governance.access.core import allows
from governance.types import Actor, State
from governance.usecases.queries import UseCase

BEFORE_TEST = frozenset({State.DEFINE, State.DATA_NEEDS, State.GOVERNANCE, State.READY})


@dataclass(frozen=True, slots=True)
class Dialog:
    name: str
    label: str
    title: str
    verb: str
    kind: str
    url: str
    consequence: str
    form: Any = None

    @property
    def is_open(self) -> bool:
        """A form that came back is shown at once, without a click."""
        return self.form is not None and bool(self.form.errors)


@dataclass(frozen=True, slots=True)
class Steps:
    """Buttons that work, the reason beside those that do not, a way elsewhere."""

    dialogs: Sequence[Dialog] = ()
    closed_label: str = ""
    closed_because: str = ""
    elsewhere_url: str = ""
    elsewhere_label: str = ""


def steps(
    actor: Actor,
    row: Experiment,
    case: UseCase | None,
    *,
    now: dt.datetime,
    stop_form: StopForm | None = None,
) -> Steps:
    if row.is_imported or row.state in ("finished", "stopped"):
        return Steps()
    if not allows(actor, P.EXPERIMENTS_WRITE, {row.created_by_id}):
        label = "Start the test" if row.state == "draft" else "Stop the test"
        because = "Only its owner, a marketing owner or an analyst may do this."
        return Steps(closed_label=label, closed_because=because)
    if row.state == "draft":
        return _from_draft(row, case)
    return _from_running(row, now, stop_form or StopForm())


def _from_draft(row: Experiment, case: UseCase | None) -> Steps:
    if case is not None and State(case.state) in BEFORE_TEST:
        return Steps(
            closed_label="Start the test",
            closed_because="It starts with its use case, once everybody has signed: "
            f"“{case.name}” is at “{State(case.state).label}”.",
            elsewhere_url=reverse("usecases:detail", args=[case.key]),
            elsewhere_label="Go to the use case",
        )
    return Steps(
        dialogs=[
            Dialog(
                "start",
                "Start the test",
                f"Start “{row.name}” now?",
                "Start the test",
                "primary",
                reverse("experiments:start", args=[row.key]),
                "From the next decision on, customers are assigned to its groups by "
                "chance and stay there. Shares cannot be changed after this.",
            )
        ]
    )


def _from_running(row: Experiment, now: dt.datetime, stop_form: StopForm) -> Steps:
    stop = Dialog(
        "stop",
        "Stop the test",
        f"Stop “{row.name}” before its end?",
        "Stop the test",
        "danger",
        reverse("experiments:stop", args=[row.key]),
        "No further customer is assigned. It keeps its always-valid intervals and "
        "never gets others.",
        stop_form,
    )
    if not queries.planned_end_reached(row, now):
        return Steps(
            dialogs=[stop],
            closed_label="Finish and read",
            closed_because="Not at its planned end yet.",
        )
    finish = Dialog(
        "finish",
        "Finish and read",
        f"Finish “{row.name}”?",
        "Finish and read",
        "primary",
        reverse("experiments:finish", args=[row.key]),
        "The planned end is reached. The groups are closed, the last outcomes are "
        "counted and the 95 % intervals are shown.",
    )
    return Steps(dialogs=[finish, stop])
