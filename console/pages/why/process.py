"""How decisions of one kind are made: the six questions of the ICO and the Turing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.signoffs.queries import Signed
from governance.usecases.core import UseCaseContent
from governance.usecases.core.registry import METRICS

ROLES: dict[str, str | Promise] = {
    "marketing": gettext_lazy("Marketing"),
    "data": gettext_lazy("Data"),
    "privacy": gettext_lazy("Privacy"),
    "channel": gettext_lazy("The team of this channel"),
    "executive": gettext_lazy("The management"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence; ``language`` where staff wrote it."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """One list of sentences for each kind of explanation."""

    rationale: list[Line]
    responsibility: list[Line]
    data: list[Line]
    fairness: list[Line]
    safety: list[Line]
    impact: list[Line]


def process(
    content: UseCaseContent, labels: Sequence[str], signed: Sequence[Signed]
) -> Process:
    return Process(
        rationale=_rationale(content),
        responsibility=_responsibility(signed),
        data=_data(content, labels),
        fairness=_fairness(content),
        safety=_safety(content),
        impact=_impact(content),
    )


def _rationale(content: UseCaseContent) -> list[Line]:
    lines = [Line(content.customer.task, "en")] if content.customer.task else []
    if content.logic.scores:
        lines.append(Line(_("A score says what may be of use. The best one wins.")))
    else:
        lines.append(Line(_("People wrote fixed rules. The rules choose.")))
    if content.logic.exploration_rate:
        share = f"{100 * content.logic.exploration_rate:.3g}"
        lines.append(
            Line(_("%(n)s in 100 times chance picks, to learn.") % {"n": share})
        )
    return lines


def _responsibility(signed: Sequence[Signed]) -> list[Line]:
    lines = [
        Line(
            _("%(who)s said yes on %(day)s.")
            % {
                "who": ROLES.get(row.role, row.role),
                "day": date_format(row.at, "DATE_FORMAT"),
            }
        )
        for row in signed
    ]
    ask = Line(_("A person in our privacy team answers you. They can change it."))
    return [*lines, ask]


def _data(content: UseCaseContent, labels: Sequence[str]) -> list[Line]:
    reasons = [use.reason for use in content.data_uses if use.reason]
    if not labels and not reasons:
        return [Line(_("Nothing about you."))]
    return [Line(text, "en") for text in (*labels, *dict.fromkeys(reasons))]


def _fairness(content: UseCaseContent) -> list[Line]:
    lines = [Line(_("We leave out health, faith, politics and money worries."))]
    if not content.people.excludes_from_service:
        lines.append(Line(_("Nobody is shut out of the shop or of what it sells.")))
    if content.people.children is False:
        lines.append(Line(_("It is not for children.")))
    return lines


def _safety(content: UseCaseContent) -> list[Line]:
    lines = []
    if content.experiment.holdout_share:
        share = f"{100 * content.experiment.holdout_share:.3g}"
        lines.append(
            Line(
                _("%(n)s in 100 people see the plain page. So we see harm.")
                % {"n": share}
            )
        )
    watched = [
        METRICS[guard.metric].label
        for guard in content.guardrails
        if guard.metric in METRICS
    ]
    if watched:
        lines.append(Line(_("It stops if these get worse:")))
        lines += [Line(label, "en") for label in watched]
    if not lines:
        lines.append(Line(_("A person can stop it at once.")))
    return lines


def _impact(content: UseCaseContent) -> list[Line]:
    lines = [Line(_("It picks what you see. It decides nothing else about you."))]
    if content.logic.price_varies:
        lines.append(Line(_("A price may differ by person. It says so beside it.")))
    else:
        lines.append(Line(_("Your prices are those of all people.")))
    if content.reach.max_contacts and content.reach.window_days:
        n = content.reach.max_contacts
        text = ngettext(
            "At most %(n)s time in %(days)s days.",
            "At most %(n)s times in %(days)s days.",
            n,
        )
        lines.append(Line(text % {"n": n, "days": content.reach.window_days}))
    return lines
