"""The questions of each assessment, in steps, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass

from governance.assessments.core.kinds import Kind, Level

RISKS = "risks"
MESSAGE = (
    "A computer chose this without a person. You can tell us your view, ask a person "
    "to look at it, and contest it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answer that is asked for; ``choices`` make it a choice."""

    key: str
    label: str
    hint: str = ""
    is_required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Questions that are answered together; ``in_short`` ones are asked always."""

    key: str
    title: str
    questions: tuple[Question, ...]
    in_short: bool = True


def _q(
    key: str, label: str, hint: str = "", *choices: tuple[str, str], must: bool = True
) -> Question:
    return Question(
        key=key, label=label, hint=hint, is_required=must, choices=tuple(choices)
    )


DPIA = (
    Step(
        "need",
        "1 The need",
        (
            _q(
                "need",
                "Why is an impact assessment needed?",
                "What about this use case could weigh on people.",
            ),
        ),
        in_short=False,
    ),
    Step(
        "description",
        "2 What is done",
        (
            _q(
                "nature",
                "What is done with the data, from start to end?",
                "How it is collected, used, kept and deleted, and who sees it.",
            ),
            _q("scope", "How much, about whom, how often, for how long?"),
            _q(
                "context",
                "What would these people expect?",
                "Your relation to them, what they control, what they were told.",
            ),
        ),
    ),
    Step(
        "consultation",
        "3 Who was asked",
        (
            _q(
                "consulted",
                "Whose view was heard, and what did they say?",
                "Customers or those who speak for them; or why nobody was asked.",
            ),
        ),
        in_short=False,
    ),
    Step(
        "necessity",
        "4 Necessary and in proportion",
        (
            _q("necessity", "Why can the aim not be reached with less?"),
            _q(
                "rights",
                "How do people see, object and correct?",
                "The sentence, the controls, and how fast they work.",
            ),
        ),
    ),
    Step("risks", "5 and 6 Risks and measures", ()),
    Step(
        "advice",
        "7 Advice and sign-off",
        (
            _q("dpo_advice", "What did the data protection officer advise?"),
            _q(
                "dpo_followed",
                "Is the advice followed?",
                "",
                ("yes", "Yes"),
                ("no", "No, overruled"),
            ),
            _q(
                "overruled_because",
                "If overruled, because …",
                "Only where the advice is not followed.",
                must=False,
            ),
        ),
        in_short=False,
    ),
)
LIA = (
    Step(
        "purpose",
        "1 Purpose",
        (
            _q(
                "interest",
                "Which interest is it, exactly?",
                "Lawful, precise and present; not “to do better business”.",
            ),
            _q("benefit", "Who gains what: the customer, others, you?"),
        ),
    ),
    Step(
        "necessity",
        "2 Necessity",
        (
            _q("necessity", "Why is this data needed for it?"),
            _q("alternatives", "Which less intrusive ways were tried or weighed?"),
        ),
    ),
    Step(
        "balance",
        "3 Balance",
        (
            _q(
                "expectations",
                "Would people expect it? On what evidence?",
                "What they were told, your relation to them, what a survey said.",
            ),
            _q("impact", "What could it do to them at worst?"),
            _q("children", "Could a child be among them, and what then?"),
            _q("safeguards", "What protects them?"),
            _q("opt_out", "How do they say no, and how fast does it work?"),
            _q(
                "outcome",
                "Which weighs more?",
                "",
                ("stands", "Our interest: it may go ahead"),
                ("falls", "Theirs: it may not"),
            ),
        ),
    ),
)
ADM = (
    Step(
        "ruling",
        "Does it affect people significantly?",
        (
            _q(
                "ruling",
                "Your ruling",
                "",
                ("automated_not_significant", "No: not significant"),
                ("automated_significant", "Yes: significant"),
                ("human_rule", "A person's fixed rule decides, nobody is evaluated"),
            ),
            _q(
                "reason",
                "Because …",
                "Go through each reason above: intrusiveness, what people expect, how "
                "it is delivered, who is vulnerable.",
            ),
        ),
    ),
)
SAFEGUARDS = (
    Step(
        "safeguards",
        "What people can do about it",
        (
            _q(
                "message",
                "What are people told?",
                "That a computer alone chose, and what they can do.",
            ),
        ),
    ),
)
STEPS: Mapping[Kind, tuple[Step, ...]] = {
    Kind.DPIA: DPIA,
    Kind.LIA: LIA,
    Kind.ADM: ADM,
    Kind.SAFEGUARDS: SAFEGUARDS,
}


def steps_of(kind: Kind, level: Level = Level.FULL) -> tuple[Step, ...]:
    """Steps that are asked at a level.

    Parameters
    ----------
    kind
        Which assessment.
    level
        Of an impact assessment; the others have one form only.

    Returns
    -------
    tuple of Step
        In order.
    """
    is_short = kind is Kind.DPIA and level is not Level.FULL
    return tuple(step for step in STEPS[kind] if step.in_short or not is_short)
