"""All that the life cycle's guards look at, gathered once."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from governance.catalogue.core import Catalogue
from governance.signoffs.core import Standing
from governance.types import Role, State
from governance.usecases.core.content import UseCaseContent
from governance.usecases.core.tests import TestVerdict


class GuardrailState(StrEnum):
    """What the numbers say about one guardrail."""

    CLEAR = "clear"
    BREACH = "breach"
    NOT_ENOUGH_DATA = "not_enough_data"
    NOT_COUNTED = "not_counted"


class SampleRatio(StrEnum):
    """Whether the arms have the shares they were designed to have."""

    OK = "ok"
    TRIVIAL = "trivial"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """Another person's verdict on one strategic test."""

    test: int
    verdict: TestVerdict
    assessor_id: int
    is_current: bool = True
    assessed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """One guardrail's reading."""

    label: str
    state: GuardrailState


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A use case at one moment.

    ``standing`` judges signatures; ``assessed`` holds the latest assessment of each
    test, ``is_current`` where it was made on the content as it is now.
    """

    state: State
    standing: Standing
    content: UseCaseContent
    catalogue: Catalogue
    now: datetime
    author_id: int
    editor_ids: frozenset[int] = frozenset()
    owner_ids: frozenset[int] = frozenset()
    state_before_pause: State | None = None
    paused_by_roles: frozenset[Role] = frozenset()
    paused_at: datetime | None = None
    assessed: tuple[Assessed, ...] = ()
    last_approved_at: datetime | None = None
    fallback_present: bool = False
    referenced_missing: tuple[str, ...] = ()
    undescribed: tuple[str, ...] = ()
    duplicate_of: str = ""
    sample_reached: bool = False
    sample_ratio: SampleRatio | None = None
    guarded: tuple[Guarded, ...] = ()
    verdict: str = ""
    has_interval: bool = False
    uplift_decided: bool = False
    audience_size: int | None = None
    learning_note: str = ""
    reason: str = field(default="")
