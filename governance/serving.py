"""The trigger that tells every process that what may be served has changed."""

from __future__ import annotations

from typing import Any

import pgtrigger


def raises_serving_version(*columns: str) -> Any:
    """A statement trigger for a governed table.

    With ``columns``, updates of other columns do not count: a counter on the row may
    then move without every process rebuilding its snapshot.
    """
    updates: Any = pgtrigger.Update
    if columns:
        updates = pgtrigger.UpdateOf(*columns)  # type: ignore[no-untyped-call]
    return pgtrigger.Trigger(
        name="raises_serving_version",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | updates | pgtrigger.Delete,
        func="""
            UPDATE governance_servingversion
                SET number = number + 1, changed_at = attune_now() WHERE id = 1;
            RETURN NULL;
        """,
    )
