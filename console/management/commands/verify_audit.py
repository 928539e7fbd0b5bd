from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.audit.publishing import PublishedRoot
from governance.audit.verifying import sentence
from governance.audit.walking import Walk


class Command(BaseCommand):
    help = (
        "Walks the audit chain, the seals with their rows, and the published roots; "
        "names the first broken place and exits 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--root",
            action="append",
            default=[],
            metavar="SEAL:HASH",
            help="a root kept elsewhere, as the letter to auditors gives it",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        report = Walk(roots=[_root(text) for text in options["root"]]).run()
        fault = report.fault
        if fault is not None:
            raise CommandError(
                f"The record is broken at {fault.place} ({fault.code}). {fault.text} "
                f"{report.n_entries:,} audit entries, {report.n_seals:,} seals and "
                f"{report.n_rows:,} rows before it hold.",
                returncode=1,
            )
        self.stdout.write(sentence(report))


def _root(text: str) -> PublishedRoot:
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise CommandError(f"“{text}” is no root. Write SEAL:HASH, as in the letter.")
    return PublishedRoot("another day", int(number), digest, 0, "")
