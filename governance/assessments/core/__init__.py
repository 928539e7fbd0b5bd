"""Assessments as plain values: screening, questions, risks, standing, hearing."""

from governance.assessments.core.answers import (
    answer_problems,
    read_answers,
    risks_in,
)
from governance.assessments.core.context import (
    changed_since,
    context_digest,
    context_of,
)
from governance.assessments.core.interests import interests_of, refused_interests
from governance.assessments.core.judging import (
    BLOCKED,
    COMPLETE,
    MISSING,
    NOT_NEEDED,
    OUTDATED,
    SIGNIFICANT,
    Given,
    Judged,
    Need,
    Subject,
    judge,
)
from governance.assessments.core.kinds import Kind, Level, higher
from governance.assessments.core.questions import MESSAGE, Question, Step, steps_of
from governance.assessments.core.risks import (
    LIKELIHOODS,
    MATRIX,
    SEVERITIES,
    Risk,
    RiskLevel,
    worst,
)
from governance.assessments.core.screening import Screening, screen
from governance.assessments.core.sheets import (
    ASKED,
    Described,
    Part,
    sheet_problems,
    undescribed,
)

__all__ = [
    "ASKED",
    "BLOCKED",
    "COMPLETE",
    "LIKELIHOODS",
    "MATRIX",
    "MESSAGE",
    "MISSING",
    "NOT_NEEDED",
    "OUTDATED",
    "SEVERITIES",
    "SIGNIFICANT",
    "Described",
    "Given",
    "Judged",
    "Kind",
    "Level",
    "Need",
    "Part",
    "Question",
    "Risk",
    "RiskLevel",
    "Screening",
    "Step",
    "Subject",
    "answer_problems",
    "changed_since",
    "context_digest",
    "context_of",
    "higher",
    "interests_of",
    "judge",
    "read_answers",
    "refused_interests",
    "risks_in",
    "screen",
    "sheet_problems",
    "steps_of",
    "undescribed",
    "worst",
]
