"""A thousand single changes by the database's superuser, each before the last root.

Edits of any column, deletions, rows put in, rows that change places or people, ends cut
off, clocks put back: in the audit log, the signatures, the ledger of consent, the log
of decisions and the seals. The walk must find each and name the place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bench import replayed
from bench.installation import Installation, installation
from bench.proof import Proof

WANTED = 1_000
PEOPLE = 60
SEED = 20261128


@dataclass
class Count:
    kinds: Counter[str] = field(default_factory=Counter)
    n_found: int = 0
    n_named: int = 0
    missed: list[str] = field(default_factory=list)


def prove() -> Proof:
    with installation(has_web=True) as here:
        return _proved(here)


def _proved(here: Installation) -> Proof:
    from governance.audit import publishing
    from governance.audit.walking import Walk

    replayed.decide(replayed.send_in(here, PEOPLE), replayed.places())
    root = publishing.publish(now=here.now())
    assert root is not None
    before = Walk().run()
    _become_superuser()
    count = _tampered(root.audit_seq)
    after = Walk().run()
    kinds = ", ".join(f"{n} × {kind}" for kind, n in count.kinds.most_common())
    return Proof(
        claim=(
            "Of 1,000 random single changes by a database superuser to audit, "
            "signatures, consent, decisions and seals before the last published root, "
            "all are found and the place is named; untouched, the record holds"
        ),
        figure=(
            f"{count.n_found:,} of {WANTED:,} found, {count.n_named:,} named ({kinds}) "
            f"in {before.n_rows:,} rows under {before.n_seals} seals and "
            f"{before.n_entries:,} audit entries"
            + "".join(f"; missed: {each}" for each in count.missed[:5])
        ),
        holds=before.is_intact
        and after.is_intact
        and count.n_found == count.n_named == WANTED,
    )


def _become_superuser() -> None:
    from django.db import connection

    from bench.tampering import SUPERUSER

    connection.close()
    connection.settings_dict["USER"] = SUPERUSER


def _tampered(audit_seq: int) -> Count:
    from bench.tampering import forger, tampered
    from governance.audit.walking import Walk

    forge, count = forger(SEED, audit_seq), Count()
    while count.kinds.total() < WANTED:
        what = forge.any()
        with tampered(what) as is_changed:
            fault = Walk().run().fault if is_changed else None
        if not is_changed:
            continue
        count.kinds[what.kind] += 1
        is_named = fault is not None and any(p in fault.place for p in what.places)
        count.n_found += fault is not None
        count.n_named += is_named
        if not is_named:
            found = f"{fault.code} {fault.place}" if fault else "nothing"
            count.missed.append(f"{what.kind} of {what.table}: {found}")
    return count
