"""The questions to reflect on, each answered from what is there now, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.pages.operating.answers import (
    benefit_and_cost,
    biggest_difference,
    broad_acquisition,
    could_stop,
    disadvantaged,
    expected,
    failing_ideas,
    horizon,
    lifecycle_moment,
    missing_role,
    more_control,
    most_valuable_part,
    need_or_campaign,
    one_metric,
    one_sentence,
    page_to_improve,
    profiling,
    recommending,
    service_moment,
    smallest_test,
    underused,
    weakest_part,
    who_owns,
)
from console.pages.operating.facts import Answer, Facts, Reader


@dataclass(frozen=True, slots=True)
class Asked:
    number: int
    topic: str
    question: str
    answer: Answer


QUESTIONS: Final[tuple[tuple[str, str, Reader], ...]] = (
    ("Why now", "At which point of the journey would a better fit matter most?",
     biggest_difference),
    ("What it is", "Do we answer what people need now, or save ourselves effort?",
     need_or_campaign),
    ("Relationship", "Is it built for the next response, for the long run, or both?",
     horizon),
    ("Experience", "Which part would people find most valuable, were it made to fit?",
     most_valuable_part),
    ("Privacy calculus", "Where do people feel the gain, and where the price?",
     benefit_and_cost),
    ("Three tests", "Which idea of ours does not pass all three tests?", failing_ideas),
    ("Expectations", "What do people want fitted to them, and what left alone?",
     expected),
    ("Foundations", "Which part of our data is the weakest ground to build on?",
     weakest_part),
    ("Data types", "Which do we make least of: preferences, behaviour or purchases?",
     underused),
    ("Minimisation", "What could we cease to collect and lose nothing?", could_stop),
    ("Governance", "Who answers for governance now, and is that clear?", who_owns),
    ("Profiling", "What of all we do is profiling, whatever we call it?", profiling),
    ("Acquisition", "Where do we still say the same to all to win new customers?",
     broad_acquisition),
    ("Web and app", "Which page or step would gain most from a better fit?",
     page_to_improve),
    ("E-mail and lifecycle", "Which moment would gain most from better timing?",
     lifecycle_moment),
    ("Commerce", "Where on the way to a purchase would suggestions help people most?",
     recommending),
    ("Service", "Which moment of service is the same for all and should not be?",
     service_moment),
    ("Transparency", "Could we tell anybody in one plain sentence why they see this?",
     one_sentence),
    ("Control", "Which control would make people more at ease?", more_control),
    ("Fairness", "Which group might our data or rules put at a disadvantage?",
     disadvantaged),
    ("Operating model", "Which role or skill do we lack?", missing_role),
    ("Measures", "Which one figure other than clicks shows that it helps people?",
     one_metric),
    ("Learning", "What is the smallest safe test we could run within 30 days?",
     smallest_test),
)  # fmt: skip


def answered(facts: Facts) -> list[Asked]:
    return [
        Asked(i, topic, question, reader(facts))
        for i, (topic, question, reader) in enumerate(QUESTIONS, start=1)
    ]
