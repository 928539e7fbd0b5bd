"""The walk along everything that is sealed, to the first place that does not hold.

Hashes of rows are computed by the database's own functions, those of chains and trees
here. What a seal says of a row is compared with the row as it is now; what erasure and
retention took away is looked up in what they put on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from governance.audit import rows
from governance.audit.core import GENESIS, Sealed, fault_of
from governance.audit.models import AuditEntry, Seal
from governance.audit.publishing import PublishedRoot, published
from governance.audit.queries import verified
from governance.audit.rows import Fault
from governance.audit.sealing import sealed_of

Progress = Callable[[int, int], None]


def no_progress(_done: int, _total: int) -> None:
    return


@dataclass(slots=True)
class Report:
    """How far the walk came, and what it found first."""

    n_entries: int = 0
    n_seals: int = 0
    n_rows: int = 0
    n_roots: int = 0
    n_waiting: int = 0
    head: str = GENESIS
    fault: Fault | None = None

    @property
    def is_intact(self) -> bool:
        return self.fault is None


@dataclass(slots=True)
class Walk:
    """One walk; ``roots`` are roots kept elsewhere, beside those in the folder."""

    roots: Sequence[PublishedRoot] = ()
    progress: Progress = no_progress
    report: Report = field(default_factory=Report)

    def run(self) -> Report:
        self.report.fault = next(self._faults(), None)
        return self.report

    def _faults(self) -> Iterator[Fault]:
        yield from self._audit()
        yield from self._ends()
        yield from self._seals()
        yield from self._tables()

    def _audit(self) -> Iterator[Fault]:
        found = verified()
        self.report.n_entries, self.report.head = found.n_checked, found.head
        if found.broken is not None:
            place = f"audit entry {found.broken.seq}"
            yield Fault(found.broken.code, place, found.broken.text)

    def _ends(self) -> Iterator[Fault]:
        """Whatever was published must still be there."""
        for root in (*published(), *self.roots):
            yield from _still_there(root)
            self.report.n_roots += 1

    def _seals(self) -> Iterator[Fault]:
        number, prev = 1, str(GENESIS)
        total = sum(rows.n_sealed().values())
        for row in Seal.objects.order_by("number").iterator(chunk_size=20):
            sealed = sealed_of(row)
            told = fault_of(sealed, number=number, prev_hash=prev)
            if told:
                yield Fault("seal.broken", f"seal {number}", told)
            yield from _audit_end(sealed)
            yield from rows.faults_in(sealed)
            number, prev = number + 1, sealed.hash
            self.report.n_seals += 1
            self.report.n_rows += len(sealed.row_ids)
            self.progress(self.report.n_rows, total)

    def _tables(self) -> Iterator[Fault]:
        """Rows that no seal knows, and those that still wait for theirs."""
        for table in rows.tables():
            yield from rows.faults_waiting(table)
            yield from rows.strangers(table)
            yield from rows.unguarded(table)
        self.report.n_waiting = rows.n_waiting()


def _still_there(root: PublishedRoot) -> Iterator[Fault]:
    if root.seal and not _is(Seal.objects.filter(number=root.seal), root.seal_hash):
        text = (
            f"Seal {root.seal} was published on {root.at[:16]} and is missing or "
            "another one now: seals at the end were cut off or replaced."
        )
        yield Fault("seal.tail_missing", f"seal {root.seal}", text)
    entry = AuditEntry.objects.filter(seq=root.audit_seq)
    if root.audit_seq and not _is(entry, root.audit_hash):
        text = (
            f"Audit entry {root.audit_seq} was published on {root.at[:16]} and is "
            "missing or another one now: entries at the end were cut off or replaced."
        )
        place = f"audit entry {root.audit_seq}"
        yield Fault("audit.tail_missing", place, text)


def _audit_end(sealed: Sealed) -> Iterator[Fault]:
    """Each seal saw the end of the audit log."""
    entry = AuditEntry.objects.filter(seq=sealed.audit_seq)
    if sealed.audit_seq and not _is(entry, sealed.audit_hash):
        text = (
            f"Seal {sealed.number} saw audit entry {sealed.audit_seq}, which is "
            "missing or another one now."
        )
        place = f"audit entry {sealed.audit_seq}"
        yield Fault("audit.tail_missing", place, text)


def _is(found: object, expected: str) -> bool:
    return list(found.values_list("hash", flat=True)) == [expected]  # type: ignore[attr-defined]
