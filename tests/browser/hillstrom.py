"""The first rows of the Hillstrom file, through the product's own import."""

from __future__ import annotations

import gzip
from pathlib import Path

from decisioning.engine.imports import Report, import_dataset
from governance.access.queries import actor_of
from governance.installation.queries import now as clock
from governance.people.models import User
from tests.datasets import dataset

ROWS = 3_000


def import_slice(folder: Path, declared_by: User) -> Report:
    """Customers, e-mails, visits and orders, with evidence of their consent."""
    path = folder / "hillstrom.csv"
    with gzip.open(dataset("hillstrom/hillstrom.csv.gz"), "rt") as file:
        path.write_text("".join(next(file) for _ in range(ROWS + 1)))
    moment = clock()
    evidence = {
        "purposes": ["personalise_onsite", "direct_marketing"],
        "channels": ["web", "email"],
        "wording": "Yes, choose what you show me and write to me about it.",
        "mechanism": "box ticked at checkout",
        "collectedAt": moment.replace(year=moment.year - 1, day=1).isoformat(),
        "validUntil": moment.replace(year=moment.year + 1, day=1).isoformat(),
        "declaredBy": declared_by.username,
    }
    return import_dataset(
        by=actor_of(declared_by),
        now=moment,
        name="hillstrom",
        path=path,
        consent_evidence=evidence,
    )
