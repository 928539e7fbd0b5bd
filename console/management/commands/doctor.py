import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from console.config.diagnosis import Finding, Level, examine

MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


class Command(BaseCommand):
    help = "Say what is wrong with this installation and how to mend it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, as_json: bool, **_: Any) -> None:
        findings = list(examine())
        if as_json:
            self.stdout.write(
                json.dumps([each.as_dict() for each in findings], indent=2)
            )
        else:
            self._tell(findings)
        if any(each.level is Level.FAIL for each in findings):
            sys.exit(1)

    def _tell(self, findings: list[Finding]) -> None:
        styles = {
            Level.OK: self.style.SUCCESS,
            Level.WARN: self.style.WARNING,
            Level.FAIL: self.style.ERROR,
        }
        for each in findings:
            mark = styles[each.level](MARKS[each.level])
            self.stdout.write(f"{mark}  {each.check}: {each.found}")
            if each.mend:
                self.stdout.write(f"      → {each.mend}")
        count = {level: sum(f.level is level for f in findings) for level in Level}
        self.stdout.write(
            f"{count[Level.OK]} fine, {count[Level.WARN]} to look at, "
            f"{count[Level.FAIL]} to mend."
        )
