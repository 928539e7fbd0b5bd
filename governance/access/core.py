"""Who may do what: the permission table as data.

A permission that ends in ``_own`` is limited to objects the actor owns; its row
names everybody who holds it, those with the unlimited permission included.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from governance.types import Actor, ActorKind, Role, Scope


class Permission(StrEnum):
    """One door, named ``<resource>.<verb>``."""

    HOME_READ = "home.read"
    ADMIN_ENTER = "admin.enter"
    USE_CASES_READ = "use_cases.read"
    USE_CASES_WRITE = "use_cases.write"
    USE_CASES_WRITE_OWN = "use_cases.write_own"
    USE_CASES_WRITE_DATA = "use_cases.write_data"
    USE_CASES_TRANSITION = "use_cases.transition"
    USE_CASES_TRANSITION_OWN = "use_cases.transition_own"
    USE_CASES_STOP = "use_cases.stop"
    USE_CASES_STOP_OWN = "use_cases.stop_own"
    USE_CASES_ASSESS = "use_cases.assess"
    USE_CASES_ATTEST = "use_cases.attest"
    ASSESSMENTS_READ = "assessments.read"
    ASSESSMENTS_WRITE = "assessments.write"
    HEARINGS_READ = "hearings.read"
    HEARINGS_DECIDE = "hearings.decide"
    SIGNOFFS_READ = "signoffs.read"
    SIGNOFFS_SIGN = "signoffs.sign"
    SIGNOFFS_MARKETING = "signoffs.marketing"
    SIGNOFFS_DATA = "signoffs.data"
    SIGNOFFS_CHANNEL = "signoffs.channel"
    SIGNOFFS_PRIVACY = "signoffs.privacy"
    SIGNOFFS_EXECUTIVE = "signoffs.executive"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_WRITE = "catalogue.write"
    PURPOSES_READ = "purposes.read"
    PURPOSES_WRITE = "purposes.write"
    PEOPLE_READ_FULL = "people.read_full"
    PEOPLE_READ_MASKED = "people.read_masked"
    PREFERENCES_WRITE_ON_REQUEST = "preferences.write_on_request"
    RIGHTS_READ = "rights.read"
    RIGHTS_WRITE = "rights.write"
    RIGHTS_EXECUTE = "rights.execute"
    FAIRNESS_READ = "fairness.read"
    FAIRNESS_WRITE = "fairness.write"
    FAIRNESS_READ_RAW = "fairness.read_raw"
    EXPERIMENTS_READ = "experiments.read"
    EXPERIMENTS_WRITE = "experiments.write"
    EXPERIMENTS_WRITE_OWN = "experiments.write_own"
    SCORECARDS_READ = "scorecards.read"
    AUDIT_READ = "audit.read"
    AUDIT_READ_OWN = "audit.read_own"
    AUDIT_VERIFY = "audit.verify"
    USERS_READ = "users.read"
    USERS_MANAGE = "users.manage"
    KEYS_READ = "keys.read"
    KEYS_MANAGE = "keys.manage"
    EXPORTS_READ = "exports.read"
    EXPORTS_OWN = "exports.own"
    EXPORTS_AGGREGATES = "exports.aggregates"
    SEGMENTS_READ = "segments.read"
    SEGMENTS_WRITE = "segments.write"
    SEGMENTS_WRITE_OWN = "segments.write_own"
    OFFERS_READ = "offers.read"
    OFFERS_WRITE = "offers.write"
    OFFERS_WRITE_OWN = "offers.write_own"
    CAPS_READ = "caps.read"
    CAPS_WRITE = "caps.write"
    CAPS_WRITE_OWN = "caps.write_own"
    IMPORTS_READ = "imports.read"
    IMPORTS_WRITE = "imports.write"
    JOBS_READ = "jobs.read"
    JOBS_READ_OWN = "jobs.read_own"
    JOBS_STOP = "jobs.stop"
    JOBS_STOP_OWN = "jobs.stop_own"
    DECISIONS_READ = "decisions.read"
    COMPLAINTS_READ = "complaints.read"
    COMPLAINTS_READ_COUNTS = "complaints.read_counts"
    COMPLAINTS_WRITE = "complaints.write"
    ALERTS_READ = "alerts.read"
    ALERTS_ACKNOWLEDGE = "alerts.acknowledge"
    MODELS_READ = "models.read"
    MODELS_WRITE = "models.write"
    MODELS_PROMOTE = "models.promote"
    MODELS_STOP = "models.stop"
    HOLDOUTS_READ = "holdouts.read"
    HOLDOUTS_WRITE = "holdouts.write"
    API_DECIDE = "api.decide"
    API_INGEST = "api.ingest"
    API_READ = "api.read"
    API_MANAGE = "api.manage"


P = Permission
MK, MO, AN, CH = Role.MARKETER, Role.MARKETING_OWNER, Role.ANALYST, Role.CHANNEL_OWNER
PR, EX, SU, AU = Role.PRIVACY_REVIEWER, Role.EXECUTIVE, Role.SUPPORT, Role.AUDITOR
AD = Role.ADMIN
INGEST, DECIDE, READ, MANAGE = Scope.INGEST, Scope.DECIDE, Scope.READ, Scope.MANAGE
Holder = Role | Scope

PERMISSIONS: Mapping[Permission, frozenset[Holder]] = MappingProxyType(
    {
        P.HOME_READ: frozenset(Role),
        P.ADMIN_ENTER: frozenset({AD}),
        P.USE_CASES_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ, MANAGE}),
        P.USE_CASES_WRITE: frozenset({MO, MANAGE}),
        P.USE_CASES_WRITE_OWN: frozenset({MK, MO, MANAGE}),
        P.USE_CASES_WRITE_DATA: frozenset({MO, AN, MANAGE}),
        P.USE_CASES_TRANSITION: frozenset({MO, AN, CH}),
        P.USE_CASES_TRANSITION_OWN: frozenset({MK, MO, AN, CH}),
        P.USE_CASES_STOP: frozenset({MO, AN, CH, PR, EX, AD}),
        P.USE_CASES_STOP_OWN: frozenset({MK, MO, AN, CH, PR, EX, AD}),
        P.USE_CASES_ASSESS: frozenset({MO, AN, CH, PR}),
        P.USE_CASES_ATTEST: frozenset({PR}),
        P.ASSESSMENTS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD}),
        P.ASSESSMENTS_WRITE: frozenset({PR}),
        P.HEARINGS_READ: frozenset({CH, PR, SU, AU}),
        P.HEARINGS_DECIDE: frozenset({CH, PR, SU}),
        P.SIGNOFFS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ, MANAGE}),
        P.SIGNOFFS_SIGN: frozenset({MO, AN, CH, PR, EX}),
        P.SIGNOFFS_MARKETING: frozenset({MO}),
        P.SIGNOFFS_DATA: frozenset({AN}),
        P.SIGNOFFS_CHANNEL: frozenset({CH}),
        P.SIGNOFFS_PRIVACY: frozenset({PR}),
        P.SIGNOFFS_EXECUTIVE: frozenset({EX}),
        P.CATALOGUE_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ, MANAGE}),
        P.CATALOGUE_WRITE: frozenset({AN, PR, MANAGE}),
        P.PURPOSES_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ, MANAGE}),
        P.PURPOSES_WRITE: frozenset({PR}),
        P.PEOPLE_READ_FULL: frozenset({PR}),
        P.PEOPLE_READ_MASKED: frozenset({PR, SU, MANAGE}),
        P.PREFERENCES_WRITE_ON_REQUEST: frozenset({PR, SU}),
        P.RIGHTS_READ: frozenset({PR, AU}),
        P.RIGHTS_WRITE: frozenset({PR, SU}),
        P.RIGHTS_EXECUTE: frozenset({PR}),
        P.FAIRNESS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU}),
        P.FAIRNESS_WRITE: frozenset({AN}),
        P.FAIRNESS_READ_RAW: frozenset(),
        P.EXPERIMENTS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, READ, MANAGE}),
        P.EXPERIMENTS_WRITE: frozenset({MO, AN, MANAGE}),
        P.EXPERIMENTS_WRITE_OWN: frozenset({MK, MO, AN, MANAGE}),
        P.SCORECARDS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ, MANAGE}),
        P.AUDIT_READ: frozenset({MO, AN, CH, PR, EX, AU, AD}),
        P.AUDIT_READ_OWN: frozenset({MK, MO, AN, CH, PR, EX, AU, AD}),
        P.AUDIT_VERIFY: frozenset({AU}),
        P.USERS_READ: frozenset({AU, AD}),
        P.USERS_MANAGE: frozenset({AD}),
        P.KEYS_READ: frozenset({AU, AD}),
        P.KEYS_MANAGE: frozenset({AD}),
        P.EXPORTS_READ: frozenset({MO, CH, PR, EX, AU}),
        P.EXPORTS_OWN: frozenset({MK, MO, CH, PR, EX, AU}),
        P.EXPORTS_AGGREGATES: frozenset({MK, MO, AN, CH, PR, EX, AU}),
        P.SEGMENTS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, MANAGE}),
        P.SEGMENTS_WRITE: frozenset({MO, AN, MANAGE}),
        P.SEGMENTS_WRITE_OWN: frozenset({MK, MO, AN, MANAGE}),
        P.OFFERS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, MANAGE}),
        P.OFFERS_WRITE: frozenset({MO, CH, MANAGE}),
        P.OFFERS_WRITE_OWN: frozenset({MK, MO, CH, MANAGE}),
        P.CAPS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, MANAGE}),
        P.CAPS_WRITE: frozenset({MO, CH, MANAGE}),
        P.CAPS_WRITE_OWN: frozenset({MK, MO, CH, MANAGE}),
        P.IMPORTS_READ: frozenset({MO, AN, PR, AU, AD, MANAGE}),
        P.IMPORTS_WRITE: frozenset({MO, AN, AD, MANAGE}),
        P.JOBS_READ: frozenset({MO, AN, CH, PR, AU, AD, READ}),
        P.JOBS_READ_OWN: frozenset({MK, MO, AN, CH, PR, AU, AD, READ}),
        P.JOBS_STOP: frozenset({MO, AN, AD}),
        P.JOBS_STOP_OWN: frozenset({MK, MO, AN, AD}),
        P.DECISIONS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, READ}),
        P.COMPLAINTS_READ: frozenset({PR, SU, AU}),
        P.COMPLAINTS_READ_COUNTS: frozenset({MK, MO, AN, CH, PR, EX, SU, AU}),
        P.COMPLAINTS_WRITE: frozenset({PR, SU}),
        P.ALERTS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ}),
        P.ALERTS_ACKNOWLEDGE: frozenset({MK, MO, AN, CH, PR}),
        P.MODELS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ}),
        P.MODELS_WRITE: frozenset({AN}),
        P.MODELS_PROMOTE: frozenset({AN}),
        P.MODELS_STOP: frozenset({PR}),
        P.HOLDOUTS_READ: frozenset({MK, MO, AN, CH, PR, EX, AU, AD, READ}),
        P.HOLDOUTS_WRITE: frozenset({MO, AN}),
        P.API_DECIDE: frozenset({DECIDE}),
        P.API_INGEST: frozenset({INGEST}),
        P.API_READ: frozenset({READ}),
        P.API_MANAGE: frozenset({MANAGE}),
    }
)

LIMITED_FORM: Mapping[Permission, Permission] = MappingProxyType(
    {
        P.USE_CASES_WRITE: P.USE_CASES_WRITE_OWN,
        P.USE_CASES_TRANSITION: P.USE_CASES_TRANSITION_OWN,
        P.USE_CASES_STOP: P.USE_CASES_STOP_OWN,
        P.EXPERIMENTS_WRITE: P.EXPERIMENTS_WRITE_OWN,
        P.AUDIT_READ: P.AUDIT_READ_OWN,
        P.EXPORTS_READ: P.EXPORTS_OWN,
        P.SEGMENTS_WRITE: P.SEGMENTS_WRITE_OWN,
        P.OFFERS_WRITE: P.OFFERS_WRITE_OWN,
        P.CAPS_WRITE: P.CAPS_WRITE_OWN,
        P.JOBS_READ: P.JOBS_READ_OWN,
        P.JOBS_STOP: P.JOBS_STOP_OWN,
    }
)
UNLIMITED_FORM: Mapping[Permission, Permission] = MappingProxyType(
    {limited: full for full, limited in LIMITED_FORM.items()}
)


def holds(actor: Actor, permission: Permission) -> bool:
    """Whether one of the actor's roles or scopes stands in the permission's row.

    Parameters
    ----------
    actor
        A person is judged by roles, an API key by scopes; the system's own work
        is not judged by this table.
    permission
        The row to look in.

    Returns
    -------
    bool
        Says nothing about ownership.
    """
    if actor.kind is ActorKind.SYSTEM:
        return False
    held = actor.scopes if actor.kind is ActorKind.API_KEY else actor.roles
    return not PERMISSIONS[permission].isdisjoint(held)


def allows(
    actor: Actor,
    permission: Permission,
    owner_ids: Collection[int | None] | None = None,
) -> bool:
    """Whether the actor may pass, given who owns the object.

    Parameters
    ----------
    actor
        Who asks.
    permission
        The door. Either form of a limited permission may be asked for: the answer
        is the same once the owners are given.
    owner_ids
        Ids of the people who own the object. ``None`` means no object is at hand
        yet (a list, a new object): then an ``_own`` permission suffices as such.

    Returns
    -------
    bool
        The unlimited form always suffices; the limited one only for an owner.
    """
    full = UNLIMITED_FORM.get(permission, permission)
    if holds(actor, full):
        return True
    limited = LIMITED_FORM.get(full)
    if limited is None or not holds(actor, limited):
        return False
    if owner_ids is None:
        return permission is limited
    return actor.id is not None and actor.id in owner_ids


def permissions_of(actor: Actor) -> frozenset[Permission]:
    """Every permission the actor holds, for navigation and the API's own map.

    Parameters
    ----------
    actor
        Who asks.

    Returns
    -------
    frozenset of Permission
        Limited forms included; ownership is judged later, by object.
    """
    return frozenset(p for p in Permission if holds(actor, p))
