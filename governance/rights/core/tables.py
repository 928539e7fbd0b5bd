"""What each table knows about people, and what becomes of it: pure declarations.

Every table of the product is declared once. The declaration is what the access pack,
the erasure, the retention job and the data map are computed from, and a test compares
it with Django's own registry of models, field by field.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DataClass(StrEnum):
    """What a field says, and about whom."""

    IDENTITY = "identity"
    CONTACT = "contact"
    PROFILE = "profile"
    BEHAVIOUR = "behaviour"
    PREDICTION = "prediction"
    CONSENT = "consent"
    TREATMENT = "treatment"
    WORDS = "words"
    STAFF = "staff"
    SETTINGS = "settings"
    TECHNICAL = "technical"


PERSONAL = frozenset(
    {
        DataClass.IDENTITY,
        DataClass.CONTACT,
        DataClass.PROFILE,
        DataClass.BEHAVIOUR,
        DataClass.PREDICTION,
        DataClass.CONSENT,
        DataClass.TREATMENT,
        DataClass.WORDS,
    }
)


class Erasure(StrEnum):
    """What an erasure does with a person's rows.

    ``STAND_IN`` puts a random number nobody can link in the person's place and empties
    the personal fields, so that counts stay right; ``LOG`` does so in an append-only
    table, by its narrow door. ``PROOF`` puts a number there that only the keyed hash of
    the person's own id leads to. ``SEARCH`` finds rows that hold the person's names
    anywhere and deletes them, ``BLANK`` empties them.
    """

    DELETE = "delete"
    STAND_IN = "stand_in"
    LOG = "log"
    PROOF = "proof"
    SEARCH = "search"
    BLANK = "blank"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Kept:
    """How long rows are kept.

    Parameters
    ----------
    days
        Whole days after ``anchor``; none where rows live as long as ``until`` says.
    anchor
        The column that the days are counted from.
    until
        In words, for tables whose rows no clock removes.
    only
        A further condition in SQL on the table's columns; nothing from outside.
    elsewhere
        What enforces it, where that is not the retention job.
    """

    days: int | None = None
    anchor: str = ""
    until: str = ""
    only: str = ""
    elsewhere: str = ""

    @property
    def words(self) -> str:
        """The rule as the data map tells it."""
        if self.days is None:
            return self.until
        return f"{self.days:,} days{', ' + self.until if self.until else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table's declaration.

    Parameters
    ----------
    label
        Django's label of the model, such as ``decisioning.Event``.
    title
        What the table holds, in the words of the access pack.
    fields
        Every field's class; the test fails on one that is missing or unknown.
    subject
        Columns that name the person the row is about; none for tables that are about
        nobody, or that name people inside a text.
    in_pack
        Whether a person's access pack holds these rows.
    erasure, blanked, why
        What an erasure does, the columns it empties, and why rows stay where they do.
    spared
        A condition in SQL; rows that meet it get a stand-in although the others go.
    """

    label: str
    title: str
    fields: Mapping[str, DataClass]
    kept: Kept
    subject: tuple[str, ...] = ()
    in_pack: bool = False
    erasure: Erasure = Erasure.KEEP
    blanked: tuple[str, ...] = ()
    spared: str = ""
    why: str = ""
    order: str = "id"
    not_in_pack: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_personal(self) -> bool:
        """Whether a row can say something about a customer."""
        return not PERSONAL.isdisjoint(self.fields.values())


def fields_of(**classes: str) -> dict[str, DataClass]:
    """Classes by field, written as ``identity="id pseudonym"``.

    Parameters
    ----------
    **classes
        A class's name and the fields that have it, separated by spaces.

    Returns
    -------
    dict
        Field to class.

    Raises
    ------
    ValueError
        Where a field is named twice.

    Examples
    --------
    >>> fields_of(identity="id", technical="made_at")["made_at"].value
    'technical'
    """
    found: dict[str, DataClass] = {}
    for name, listed in classes.items():
        for each in listed.split():
            if each in found:
                raise ValueError(f"The field {each} is named twice.")
            found[each] = DataClass(name)
    return found


def problems(table: Table, model_fields: Iterable[str]) -> tuple[str, ...]:
    """Name what a declaration lacks, compared with the model it speaks of.

    Parameters
    ----------
    table
        The declaration.
    model_fields
        Columns of the model.

    Returns
    -------
    tuple of str
        Empty where every field has a class, the table a retention rule, and, if it is
        about people, a handler for access and one for erasure.
    """
    known = set(model_fields)
    found = [f"{name} has no class" for name in sorted(known - table.fields.keys())]
    found += [f"{name} is no field" for name in sorted(table.fields.keys() - known)]
    if not (table.kept.days or table.kept.until or table.kept.elsewhere):
        found.append("there is no retention rule")
    if table.kept.days and not (table.kept.anchor or table.kept.elsewhere):
        found.append("the retention rule has nothing to count from")
    named = {*table.subject, *table.blanked, *table.not_in_pack}
    found += [f"{name} is no column" for name in sorted(named - known)]
    if not table.is_personal:
        return tuple(found)
    if table.erasure is Erasure.KEEP and not table.why:
        found.append("rows about people stay after an erasure without a reason")
    if table.subject and not table.in_pack and not table.why:
        found.append("rows about a person are left out of the pack without a reason")
    if not table.subject and table.erasure not in (
        Erasure.SEARCH,
        Erasure.BLANK,
        Erasure.KEEP,
    ):
        found.append("nothing says whose the rows are")
    return tuple(found)


SHORTEST_SUBSTRING = 5


def needles(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split a person's names by how they may be searched for in a text.

    Parameters
    ----------
    names
        Ids, addresses and other strings that point to one person.

    Returns
    -------
    tuple
        Names long enough to be searched for anywhere, and short ones that only count
        where they stand alone between quotes: "7" is in every text.
    """
    told = sorted({name for name in names if name})
    return (
        tuple(name for name in told if len(name) >= SHORTEST_SUBSTRING),
        tuple(name for name in told if len(name) < SHORTEST_SUBSTRING),
    )
