"""What a world offers the machine: acts that are taken or refused, and what stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from governance.types import Role, SignOffRole, State

STAFF: dict[str, Role] = {
    "mara": Role.MARKETER,
    "owen": Role.MARKETING_OWNER,
    "olive": Role.MARKETING_OWNER,
    "ana": Role.ANALYST,
    "arno": Role.ANALYST,
    "chris": Role.CHANNEL_OWNER,
    "petra": Role.PRIVACY_REVIEWER,
    "piet": Role.PRIVACY_REVIEWER,
    "eve": Role.EXECUTIVE,
    "sam": Role.SUPPORT,
    "ada": Role.ADMIN,
}
PEOPLE = tuple(STAFF)
STOPPERS = ("owen", "ana", "chris", "petra", "eve", "ada")
REASON = "Read in full; nothing here goes beyond what people were told."


@dataclass(frozen=True, slots=True)
class Signed:
    """One row of a review, as it is stored."""

    pk: int
    version: int
    role: SignOffRole
    approver: str
    decision: str
    config_hash: str
    decided_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything the invariants look at."""

    state: State
    may_serve: bool
    serving: int | None
    live_hash: str
    approved_hash: str
    expires_at: datetime | None
    approvals: tuple[Signed, ...]
    history: tuple[tuple[str, str], ...]
    open_number: int | None
    open_status: str


@dataclass(slots=True)
class Taken:
    """Whether an act was taken, and the version it was about."""

    was: bool
    number: int = 0
    code: str = ""
    facts: dict[str, str] = field(default_factory=dict)


class World(Protocol):
    """One use case and the people around it."""

    def edit(self, who: str, contacts: int, now: datetime) -> Taken: ...

    def assess(self, who: str, test: int, verdict: str, now: datetime) -> Taken: ...

    def submit(self, who: str, now: datetime) -> Taken: ...

    def attest(self, who: str, now: datetime) -> Taken: ...

    def sign(
        self, who: str, role: SignOffRole, decision: str, shown: str, now: datetime
    ) -> Taken: ...

    def revoke(self, who: str, role: SignOffRole, now: datetime) -> Taken: ...

    def step(self, who: str, action: str, now: datetime) -> Taken: ...

    def tamper(self, contacts: int, now: datetime) -> Taken: ...

    def may_stop(self, who: str, now: datetime) -> bool: ...

    def standing(self, now: datetime) -> Standing: ...

    def shown_hash(self) -> str: ...
