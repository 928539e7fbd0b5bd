"""Which links a role has on top; everything else it may open stands in the foot."""

from __future__ import annotations

from dataclasses import dataclass

from governance.access.core import Permission as P
from governance.access.core import holds
from governance.types import Actor, Role

MOST_LINKS = 7


@dataclass(frozen=True, slots=True)
class Area:
    key: str
    label: str
    url_name: str
    permissions: tuple[P, ...]


AREAS = {
    area.key: area
    for area in (
        Area("home", "Home", "home:home", (P.HOME_READ,)),
        Area("scorecards", "Scorecard", "scorecards:overall", (P.SCORECARDS_READ,)),
        Area("usecases", "Use cases", "usecases:board", (P.USE_CASES_READ,)),
        Area("reviews", "Reviews", "reviews:queue", (P.SIGNOFFS_READ,)),
        Area("assessments", "Assessments", "assessments:list", (P.ASSESSMENTS_READ,)),
        Area("hearings", "Hearings", "hearings:list", (P.HEARINGS_READ,)),
        Area("incidents", "Incidents", "incidents:list", (P.USE_CASES_READ,)),
        Area("segments", "Segments", "segments:list", (P.SEGMENTS_READ,)),
        Area("offers", "Offers", "offers:list", (P.OFFERS_READ,)),
        Area("caps", "Caps and budgets", "caps:list", (P.CAPS_READ,)),
        Area("experiments", "Experiments", "experiments:list", (P.EXPERIMENTS_READ,)),
        Area("decisions", "Decisions", "decisions:list", (P.DECISIONS_READ,)),
        Area("scores", "Scores", "scores:list", (P.MODELS_READ,)),
        Area("datamap", "Data map", "datamap:list", (P.CATALOGUE_READ,)),
        Area("quality", "Data quality", "quality:overview", (P.CATALOGUE_READ,)),
        Area(
            "fairness",
            "Who might be disadvantaged",
            "fairness:list",
            (P.FAIRNESS_READ,),
        ),
        Area("imports", "Imports", "imports:list", (P.IMPORTS_READ,)),
        Area("jobs", "Jobs", "jobs:list", (P.JOBS_READ_OWN,)),
        Area(
            "complaints", "Complaints", "complaints:list", (P.COMPLAINTS_READ_COUNTS,)
        ),
        Area("rights", "Requests", "rights:list", (P.RIGHTS_READ, P.RIGHTS_WRITE)),
        Area("customers", "Customers", "customers:search", (P.PEOPLE_READ_MASKED,)),
        Area("operating", "Operating model", "operating:overview", (P.HOME_READ,)),
        Area("audit", "Audit", "audit:list", (P.AUDIT_READ_OWN,)),
        Area("people", "People", "people:list", (P.USERS_READ,)),
        Area("keys", "API keys", "keys:list", (P.KEYS_READ,)),
    )
}

ON_TOP: dict[Role, tuple[str, ...]] = {
    Role.MARKETER: (
        "home",
        "usecases",
        "segments",
        "offers",
        "experiments",
        "decisions",
        "scorecards",
    ),
    Role.MARKETING_OWNER: (
        "home",
        "usecases",
        "reviews",
        "offers",
        "experiments",
        "decisions",
        "scorecards",
    ),
    Role.ANALYST: (
        "home",
        "usecases",
        "reviews",
        "segments",
        "experiments",
        "scores",
        "scorecards",
    ),
    Role.CHANNEL_OWNER: (
        "home",
        "usecases",
        "reviews",
        "offers",
        "caps",
        "decisions",
        "scorecards",
    ),
    Role.PRIVACY_REVIEWER: (
        "home",
        "reviews",
        "usecases",
        "datamap",
        "decisions",
        "complaints",
        "audit",
    ),
    Role.EXECUTIVE: ("scorecards", "usecases", "experiments", "reviews", "decisions"),
    Role.SUPPORT: ("home", "customers", "complaints", "rights"),
    Role.AUDITOR: ("audit", "usecases", "reviews", "decisions", "jobs", "scorecards"),
    Role.ADMIN: ("home", "people", "keys", "imports", "jobs", "usecases", "scorecards"),
}


def may_open(actor: Actor, area: Area) -> bool:
    return any(holds(actor, permission) for permission in area.permissions)


def on_top(actor: Actor) -> list[Area]:
    keys: dict[str, None] = {}
    for role in Role:
        if actor.has(role):
            keys.update(dict.fromkeys(ON_TOP[role]))
    areas = [AREAS[key] for key in keys if may_open(actor, AREAS[key])]
    return areas[:MOST_LINKS]


def all_open(actor: Actor) -> list[Area]:
    return [area for area in AREAS.values() if may_open(actor, area)]
