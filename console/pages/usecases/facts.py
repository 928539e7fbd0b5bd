"""What the floors above governance know about a use case, for its guards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from decisioning.experiments import queries as experiments
from decisioning.publishing import queries as publishing
from governance.usecases import queries
from governance.usecases.core import UseCaseContent
from governance.usecases.queries import MeasuredFacts


def gather(
    key: str, now: datetime, content: UseCaseContent | None = None
) -> MeasuredFacts:
    if content is None:
        content = UseCaseContent.from_dict(queries.version(key).content)
    known = publishing.facts(content, now)
    return replace(
        experiments.measured_facts(key, now),
        fallback_present=known.fallback_present,
        audience_size=known.audience_size,
        referenced_missing=known.referenced_missing,
    )
