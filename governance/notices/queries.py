from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from governance.access.queries import actor_of
from governance.catalogue.queries import catalogue
from governance.notices.core import SENT_WITHIN
from governance.notices.models import Letter, SilencedKind
from governance.people.queries import holders_of
from governance.signoffs.core import in_force, missing_roles, who_may_sign
from governance.types import SignOffRole
from governance.usecases.models import UseCaseVersion
from governance.usecases.standing import signature, tier_of

__all__ = ["Letter", "owners_of", "signers", "silenced", "waiting"]


def silenced(user_id: int) -> frozenset[str]:
    """The kinds that somebody has switched off."""
    rows = SilencedKind.objects.filter(reader_id=user_id)
    return frozenset(rows.values_list("kind", flat=True))


def waiting(now: datetime) -> QuerySet[Letter]:
    """Letters to be sent now, the oldest first; what is days old is not sent late."""
    off = SilencedKind.objects.filter(
        reader=OuterRef("reader_id"), kind=OuterRef("kind")
    )
    return Letter.objects.filter(
        ~Exists(off),
        sent_at=None,
        next_try_at__lte=now,
        written_at__gt=now - SENT_WITHIN,
        reader__is_active=True,
    ).order_by("pk")


def signers(of: UseCaseVersion, now: datetime) -> frozenset[int]:
    """Everybody who may give a signature that is still missing."""
    tier = tier_of(of, catalogue())
    rows = [signature(row) for row in of.approvals.all()]
    missing = missing_roles(tier, rows, now, of.config_hash)
    editors = frozenset(of.editors.values_list("user_id", flat=True))
    valid = in_force(rows, now, of.config_hash)
    return frozenset(
        user.pk
        for role in missing
        for user in holders_of(SignOffRole(role).staff_role)
        if who_may_sign(
            actor_of(user),
            role,
            author_id=of.author_id,
            editor_ids=editors,
            signatures=valid,
            tier=tier,
        )
    )


def owners_of(of: UseCaseVersion) -> frozenset[int]:
    """Who wrote the version and who answers for the use case."""
    case = of.use_case
    named = (of.author_id, case.marketing_owner_id, case.channel_owner_id)
    return frozenset(user_id for user_id in named if user_id is not None)
