"""What the import commands say while they work."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from decisioning.engine.imports import Report
from governance.access.queries import actor_of
from governance.installation.queries import now
from governance.people.models import User
from governance.types import Actor, GovernanceError, Invalid

SHOWN_REJECTS = 100
SECONDS_A_LINE = 1.0


def actor_named(username: str) -> Actor:
    if not username:
        return Actor.system("command")
    user = User.objects.filter(username=username).first()
    if user is None:
        raise Invalid({"by": f"Nobody here has the user name {username!r}."})
    return actor_of(user)


def say_progress(out: Any) -> Callable[[int, int, Mapping[str, int]], None]:
    """One line that renews itself on a terminal, a line a second elsewhere."""
    begun = last = time.monotonic()
    renews = out.isatty()

    def say(done: int, total: int, counts: Mapping[str, int]) -> None:
        nonlocal last
        at = time.monotonic()
        if at - last < SECONDS_A_LINE and done < total and not renews:
            return
        last = at
        rate = counts.get("events", 0) / max(at - begun, 1e-9)
        width = 24 * done // max(total, 1)
        bar = "█" * width + "·" * (24 - width)
        line = (
            f"{bar} {done:,} of {total:,} rows, {counts.get('events', 0):,} events new "
            f"({rate:,.0f} a second), {counts.get('rejected', 0):,} rows left out"
        )
        out.write(f"\r{line}" if renews else line, ending="" if renews else "\n")
        if renews and done >= total:
            out.write("")
        out.flush()

    return say


def say_report(out: Any, report: Report) -> None:
    out.write(
        f"{report.dataset} from {report.file}: {report.n_rows:,} rows, "
        f"{report.accepted:,} events new, {report.duplicates:,} known already."
    )
    if report.experiment:
        out.write(f"Experiment: {report.experiment}")
    if report.evidence_gaps:
        out.write(
            "The evidence of consent is incomplete and denies; it lacks "
            f"{', '.join(report.evidence_gaps)}."
        )
    elif report.n_consented:
        out.write(f"Consent was recorded for {report.n_consented:,} people.")
    for each in report.bad[:SHOWN_REJECTS]:
        out.write(f"  row {each.row}: {each.reason}")
    if report.bad:
        out.write(f"{len(report.bad):,} rows were left out: {report.rejects_file}")


def refused(error: GovernanceError) -> CommandError:
    """A refusal as a command tells it: one line a field."""
    if isinstance(error, Invalid):
        return CommandError(
            "\n".join(f"{key}: {told}" for key, told in error.fields.items())
        )
    return CommandError(error.message)


class TableCommand(BaseCommand):
    """A table and its mapping, through one of the imports."""

    work: Callable[..., Report]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", type=Path, help="a CSV (plain or gz), or its folder"
        )
        parser.add_argument("--mapping", type=Path, required=True, help="JSON file")
        parser.add_argument("--by", default="", help="user name of who imports")

    def handle(self, *, path: Path, mapping: Path, by: str, **_: Any) -> None:
        try:
            report = self.work(
                by=actor_named(by),
                now=now(),
                path=path,
                given=mapping,
                progress=say_progress(self.stdout),
            )
        except GovernanceError as error:
            raise refused(error) from error
        say_report(self.stdout, report)
