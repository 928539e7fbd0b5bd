"""What the lints say about a labelled line, and how well they do over many."""

from dataclasses import dataclass

from governance.lints.core import (
    CODES,
    Copy,
    Facts,
    Severity,
    SignalUse,
    copy_findings,
    creepy,
    rendered,
    text_digest,
    translated,
    wording,
)

PLAIN = {"kind", "about", "is"}


def findings(line):
    return JUDGES[line["kind"]](line)


def _sentence(line):
    return wording(line["text"])


def _controls(line):
    return wording(line["text"], controls=line["controls"])


def _copy(line):
    return copy_findings(Copy(**{k: v for k, v in line.items() if k not in PLAIN}))


def _rendered(line):
    return (rendered(line["text"], text_digest(line["stored"])),)


def _locales(line):
    return (translated(line["texts"], line["languages"]),)


def _facts(line):
    given = {k: _fixed(v) for k, v in line["facts"].items() if k != "uses"}
    uses = tuple(
        SignalUse(**{k: _fixed(v) for k, v in use.items()})
        for use in line["facts"].get("uses", ())
    )
    return creepy(Facts(uses=uses, **given))


def _fixed(value):
    return tuple(value) if isinstance(value, list) else value


JUDGES = {
    "sentence": _sentence,
    "controls": _controls,
    "copy": _copy,
    "rendered": _rendered,
    "locales": _locales,
    "facts": _facts,
}


def raised(line):
    return {f.code for f in findings(line) if f.severity is not Severity.OK}


@dataclass(frozen=True)
class Reckoning:
    """Recall of the lints that block and of all, and false alarms among near misses."""

    n: int
    recall_blocking: float
    recall: float
    false_alarms: float


def reckon(lines):
    """Judge lines as a whole; says nothing about any single one."""
    positive = [line for line in lines if line["is"]]
    negative = [line for line in lines if not line["is"]]
    found = [line["about"] in raised(line) for line in positive]
    blocking = [
        hit
        for hit, line in zip(found, positive, strict=True)
        if line["about"] not in WARNING
    ]
    alarms = [line["about"] in raised(line) for line in negative]
    return Reckoning(
        len(lines),
        sum(blocking) / len(blocking),
        sum(found) / len(found),
        sum(alarms) / len(alarms),
    )


WARNING = {"L-04", "L-08", "L-10", "L-12", "L-14"}
assert set(CODES) > WARNING
