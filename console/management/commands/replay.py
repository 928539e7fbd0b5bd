from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from decisioning.engine.replaying import Replay, Tally, replay, sample
from governance.types import NotFound

MOST_TOLD = 20


class Command(BaseCommand):
    help = (
        "Decides logged decisions again and compares the outcome, its reasons and its "
        "explanation with what was served; exits 1 where one differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--decision", metavar="ID", help="one decision")
        which.add_argument("--sample", type=int, metavar="N", help="N at random")
        parser.add_argument(
            "--seed", default="", help="the same seed takes the same sample"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["decision"]:
            self._one(options["decision"])
        else:
            self._many(sample(options["sample"], seed=options["seed"]))

    def _one(self, decision_id: str) -> None:
        try:
            found = replay(decision_id)
        except (NotFound, ValueError) as error:
            raise CommandError(f"There is no decision {decision_id}.") from error
        if found.missing:
            raise CommandError(f"It cannot be decided again: {found.missing}.")
        self._tell(found)
        if not found.is_same:
            raise CommandError("The decision comes out otherwise.", returncode=1)
        self.stdout.write("The same choice, reasons and explanation.")

    def _many(self, tally: Tally) -> None:
        for found in tally.different[:MOST_TOLD]:
            self._tell(found)
        told = ", ".join(f"{n:,} {why}" for why, n in tally.missing.most_common())
        self.stdout.write(
            f"{tally.n_same:,} of {tally.n:,} decisions come out the same"
            + (f"; not decided again: {told}." if told else ".")
        )
        if tally.different:
            raise CommandError(
                f"{len(tally.different):,} come out otherwise.", returncode=1
            )

    def _tell(self, found: Replay) -> None:
        for each in found.differences:
            self.stdout.write(
                f"{found.id} {each.column}: served {each.served}, now {each.again}"
            )
