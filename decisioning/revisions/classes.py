"""What a change of each column of each configuration table asks for.

A column that is not named here fails the build, and counts as material meanwhile. An
offer or creative that is retired, or goes by another name, is a candidate less.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from decisioning.revisions.core import Kind


class FieldClass(StrEnum):
    """What a change of a column asks for."""

    MATERIAL = "material"
    SAFER = "safer where narrower, else material"
    BOUNDED = "within the signed bounds"
    COSMETIC = "cosmetic"
    FIXED = "never changes"
    RECORD = "kept by the product, not configured"


M, S, B, C = (
    FieldClass.MATERIAL,
    FieldClass.SAFER,
    FieldClass.BOUNDED,
    FieldClass.COSMETIC,
)
FIXED, RECORD = FieldClass.FIXED, FieldClass.RECORD
VERSIONED = "id revision draft_revision digest created_by created_at changed_at"


def _table(**named: str) -> dict[str, FieldClass]:
    kinds = {
        "material": M,
        "safer": S,
        "bounded": B,
        "cosmetic": C,
        "fixed": FIXED,
        "record": RECORD,
    }
    return {
        name: kinds[kind] for kind, names in named.items() for name in names.split()
    }


CLASSES: Mapping[str, Mapping[str, FieldClass]] = {
    "decisioning.Offer": _table(
        material="name topic benefit starts_at ends_at priority value_minor"
        " margin_minor currency cost_minor eligibility why_signal",
        safer="key retired_at",
        record=VERSIONED,
    ),
    "decisioning.Creative": _table(
        material="content", safer="offer placement key retired_at", record=VERSIONED
    ),
    "decisioning.Placement": _table(
        material="key channel default_content retired_at",
        cosmetic="name",
        record=VERSIONED,
    ),
    "decisioning.Segment": _table(
        material="key rule retired_at",
        cosmetic="name description goal",
        record=VERSIONED,
    ),
    "decisioning.Cap": _table(
        material="key scope scope_key retired_at",
        safer="n window",
        cosmetic="name",
        record=VERSIONED,
    ),
    "decisioning.Budget": _table(
        material="key scope scope_key currency starts_at ends_at retired_at",
        safer="limit_minor",
        cosmetic="name",
        record=f"{VERSIONED} used_minor",
    ),
    "decisioning.ModelVersion": _table(
        material="key parameters is_champion",
        record="id number digest kind report trained_on trained_at"
        " trained_by_label job_id",
    ),
    "governance.Notice": _table(
        fixed="id key version text locale covers_below is_material created_at"
    ),
    "governance.UseCase": _table(
        bounded="exposure_share priority",
        cosmetic="name",
        record="id key state state_before_pause paused_by created_by marketing_owner"
        " channel_owner serving_version created_at changed_at",
    ),
    "governance.UseCaseVersion": _table(
        material="content references risk_tier envelope config_hash status",
        bounded="overlay overlay_hash",
        fixed="use_case number author",
        record="id created_at saved_at submitted_at signed_at expires_at void_reason",
    ),
}
COLUMN_OF: Mapping[str, str] = {"offer": "offer_key", "placement": "placement_key"}


def class_of(label: str, name: str) -> FieldClass:
    """What a change of a column asks for.

    Parameters
    ----------
    label
        Of the table, as ``app.Model``.
    name
        Of the column.

    Returns
    -------
    FieldClass
        Material for whatever is not known.
    """
    return CLASSES.get(label, {}).get(name, FieldClass.MATERIAL)


def unclassified(label: str, names: Iterable[str]) -> tuple[str, ...]:
    """Columns of a table that nobody has classified.

    Parameters
    ----------
    label, names
        The table, and the columns it has.

    Returns
    -------
    tuple of str
        Empty, or the build fails.
    """
    known = CLASSES.get(label, {})
    return tuple(name for name in names if name not in known)


def signed_columns(kind: Kind) -> frozenset[str]:
    """Columns whose change makes the object another one than was signed.

    Parameters
    ----------
    kind
        Of configuration object.

    Returns
    -------
    frozenset of str
        By the names that the digest uses; retiring is judged apart.
    """
    label = f"decisioning.{kind.value.capitalize()}"
    return frozenset(
        COLUMN_OF.get(name, name) if kind is Kind.CREATIVE else name
        for name, each in CLASSES[label].items()
        if each in {M, S} and name != "retired_at"
    )
