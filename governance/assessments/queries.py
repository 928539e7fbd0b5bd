from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from governance.assessments.core import (
    Given,
    Judged,
    Kind,
    Level,
    Part,
    Subject,
    changed_since,
    higher,
    judge,
)
from governance.assessments.core.context import element_digest
from governance.assessments.core.sheets import Described, undescribed
from governance.assessments.models import (
    Assessment,
    SafeguardsForAll,
    ScreeningRaise,
    Sheet,
)
from governance.assessments.standard import SOURCES, is_standard, standard_sheet
from governance.catalogue.core import Catalogue
from governance.catalogue.queries import catalogue, element
from governance.people.queries import holders_of
from governance.types import Role, State
from governance.usecases.core import Change, UseCaseContent
from governance.usecases.models import UseCase, UseCaseVersion
from governance.usecases.standing import pinned

__all__ = [
    "Assessment",
    "Known",
    "SafeguardsForAll",
    "ScreeningRaise",
    "Sheet",
    "Standing",
    "Written",
    "described",
    "element_label",
    "hearers",
    "house_pack",
    "judged",
    "known_of",
    "sheet_of",
    "sheet_text",
    "standings",
    "undescribed_parts",
    "written",
]


HEARERS = (Role.PRIVACY_REVIEWER, Role.SUPPORT, Role.CHANNEL_OWNER)


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of many use cases at once, by use case."""

    assessments: Mapping[int, list[Assessment]]
    raises: Mapping[int, list[ScreeningRaise]]
    has_house_pack: bool


def known_of(use_cases: Iterable[int]) -> Known:
    """Three queries, however many use cases."""
    keys = list(use_cases)
    rows = Assessment.objects.filter(version__use_case__in=keys, is_complete=True)
    assessments: dict[int, list[Assessment]] = defaultdict(list)
    for row in rows.select_related("version").order_by("pk"):
        assessments[row.version.use_case_id].append(row)
    raises: dict[int, list[ScreeningRaise]] = defaultdict(list)
    for raised in ScreeningRaise.objects.filter(use_case__in=keys):
        raises[raised.use_case_id].append(raised)
    pack = house_pack()
    return Known(assessments, raises, pack is not None and pack.is_on)


def house_pack() -> SafeguardsForAll | None:
    return SafeguardsForAll.objects.order_by("-pk").first()


def judged(
    version: UseCaseVersion,
    known: Known | None = None,
    elements: Catalogue | None = None,
    *,
    audience_size: int | None = None,
) -> Judged:
    """How the assessments of a version stand, on what is configured now."""
    rows = known or known_of([version.use_case_id])
    found = rows.assessments.get(version.use_case_id, ())
    raises = rows.raises.get(version.use_case_id, ())
    return judge(
        Subject(
            content=UseCaseContent.from_dict(version.content),
            references=pinned(version.references),
            catalogue=elements or catalogue(),
            raised=higher(*(Level(row.level) for row in raises)),
            has_house_pack=rows.has_house_pack,
            audience_size=audience_size,
        ),
        [_given(row) for row in found if row.version.number <= version.number],
    )


def _given(row: Assessment) -> Given:
    return Given(
        kind=Kind(row.kind),
        digest=row.context_digest,
        answers=row.answers,
        level=Level(row.level),
        decided_at=row.written_at,
        order=row.pk,
    )


@dataclass(frozen=True, slots=True)
class Written:
    """The answers as last saved, and what differs since the last complete ones."""

    answers: Mapping[str, Any]
    complete: Assessment | None
    saved: Assessment | None
    changes: tuple[Change, ...]


def written(version: UseCaseVersion, kind: Kind, context: Mapping[str, Any]) -> Written:
    """What stands on one form: a new version starts from the last one's answers."""
    rows = Assessment.objects.filter(
        version__use_case=version.use_case_id,
        version__number__lte=version.number,
        kind=kind,
    ).select_related("written_by", "version")
    saved = rows.order_by("-pk").first()
    complete = rows.filter(is_complete=True).order_by("-pk").first()
    return Written(
        answers=saved.answers if saved else {},
        complete=complete,
        saved=saved,
        changes=changed_since(complete.context, context) if complete else (),
    )


def undescribed_parts(
    content: UseCaseContent,
    elements: Catalogue,
    models: Mapping[str, str] | None = None,
) -> tuple[tuple[Part, str], ...]:
    """Parts of a version without a model card or data sheet that fits.

    ``models`` are the digests of the models in force; without them any card will do.
    """
    known = elements.elements
    used = {
        (Part.ELEMENT, use.element): str(element_digest(known[use.element]))
        for use in content.data_uses
        if use.element in known
    }
    digests = models or {}
    used |= {(Part.MODEL, key): digests.get(key, "") for key in content.logic.scores}
    return undescribed(used, described(used, elements)) if used else ()


def described(
    parts: Iterable[tuple[Part, str]], elements: Catalogue
) -> list[Described]:
    """The latest sheet of each part, in one query; else the standard element's."""
    keys = {key for _, key in parts}
    rows = Sheet.objects.filter(key__in=keys).order_by("part", "key", "-pk")
    own = [
        Described(Part(row.part), row.key, row.digest)
        for row in rows.distinct("part", "key")
    ]
    return [*_standard(keys, elements), *own]


def _standard(keys: Iterable[str], elements: Catalogue) -> list[Described]:
    """Texts that come with the product fit elements of its own only."""
    found = ((key, elements.elements.get(key)) for key in keys if is_standard(key))
    return [
        Described(Part.ELEMENT, key, element_digest(element))
        for key, element in found
        if element is not None and element.source_type == SOURCES[key]
    ]


def sheet_of(part: Part, key: str) -> Sheet | None:
    rows = Sheet.objects.filter(part=part, key=key).select_related("written_by")
    return rows.order_by("-pk").first()


def sheet_text(part: Part, key: str) -> dict[str, str]:
    """The answers in force: somebody's own, else those that come with the product."""
    row = sheet_of(part, key)
    if row is not None:
        return dict(row.answers)
    return standard_sheet(element(key)) if part is Part.ELEMENT else {}


def element_label(key: str) -> str:
    return element(key).label


def hearers() -> list[tuple[str, str]]:
    """Who can be named to look at what people contest."""
    found = {row.pk: row for role in HEARERS for row in holders_of(role)}
    return [(str(pk), row.display_name) for pk, row in found.items()]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the assessments of one use case stand."""

    key: str
    name: str
    judged: Judged


def standings() -> list[Standing]:
    """The version that is open, else the serving or last one, of each living case."""
    cases = UseCase.objects.exclude(state=State.RETIRED).order_by("name")
    known, elements = known_of(case.pk for case in cases), catalogue()
    latest = Prefetch("versions", UseCaseVersion.objects.order_by("-number"))
    return [
        Standing(
            case.key,
            case.name,
            judged(next(iter(case.versions.all())), known, elements),
        )
        for case in cases.prefetch_related(latest)
    ]
