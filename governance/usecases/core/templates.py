"""A worked example for each area, to begin a use case from; figures are left to people.

References
----------
Requirements 0.74 to 0.80: acquisition, web and app, e-mail and lifecycle, commerce,
service; and the pilots: home page, cart recovery, onboarding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ONSITE, MAIL = "personalise_onsite", "direct_marketing"
NOTHING_USED = "We did not use your personal data to choose it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One example: what it does for whom, and the data that it could do with.

    ``lead`` stands before the element's own phrase where that alone names nothing
    that the customer told us, bought or looked at.
    """

    key: str
    area: str
    label: str
    who: str
    task: str
    gets_better: str
    effort_unit: str
    measured: str
    metric: str
    channel: str
    purpose: str
    element: str
    role: str
    reason: str
    why_not: str
    lead: str = ""

    def content(self) -> dict[str, Any]:
        """Answers to begin with.

        Returns
        -------
        dict
            Baselines, thresholds, owners and lawful bases stay empty: only the people
            who know them may give them.
        """
        return {
            "customer": {
                "who": self.who,
                "task": self.task,
                "gets_better": self.gets_better,
                "effort_unit": self.effort_unit,
                "effort_how_measured": self.measured,
            },
            "objective": {"primary_metric": self.metric, "long_run": "own_holdout"},
            "data_uses": [
                {
                    "element": self.element,
                    "purpose": self.purpose,
                    "role": self.role,
                    "reason": self.reason,
                    "granularity": "bucketed",
                    "could_work_without": False,
                    "why_not": self.why_not,
                }
            ],
            "explanation": {
                "template": (
                    "You're seeing {offer} because you "
                    f"{self.lead}{{{self.element}}}."
                ),
                "fallback": f"You're seeing our usual choice. {NOTHING_USED}",
                "controls": ["turn_off", "complain"],
            },
            "reach": {"channels": [self.channel]},
        }


TEMPLATES: Mapping[str, Template] = {
    each.key: each
    for each in (
        Template(
            key="acquisition",
            area="Acquisition",
            label="A first visit that starts where the visitor wants to go",
            who="Visitors who have not bought from us yet",
            task="Find the part of the shop they came for",
            gets_better="faster",
            effort_unit="pages until the first product",
            measured="Pages seen before the first product is viewed",
            metric="conversion_quality",
            channel="web",
            purpose=ONSITE,
            element="page",
            role="ranking",
            reason="The page they stand on says what they look for",
            why_not="Everybody would land on the same shelf.",
            lead="opened this page and ",
        ),
        Template(
            key="web-and-app",
            area="Web and app",
            label="Shelves in the order of what people chose themselves",
            who="Signed-in customers who told us a favourite category",
            task="Find new things in the category they chose",
            gets_better="less_effort",
            effort_unit="seconds until something is put in the cart",
            measured="Time from the first page to the first cart",
            metric="repeat_purchase",
            channel="app",
            purpose=ONSITE,
            element="favourite_category",
            role="ranking",
            reason="They told us what they like",
            why_not="The order would be the same for everybody.",
        ),
        Template(
            key="email-and-lifecycle",
            area="E-mail and lifecycle",
            label="A reminder when it is time to buy again, and not before",
            who="Customers who bought from us and agreed to e-mail",
            task="Buy again in time, without having to remember it",
            gets_better="less_effort",
            effort_unit="days without the product",
            measured="Days between running out and buying again, by survey",
            metric="repeat_purchase",
            channel="email",
            purpose=MAIL,
            element="days_since_last_order",
            role="timing",
            reason="The time since the last order says when it runs out",
            why_not="The reminder would come at the wrong time for most.",
        ),
        Template(
            key="commerce",
            area="Commerce",
            label="Fewer goods that come back",
            who="Customers who are about to order",
            task="Choose what they will keep",
            gets_better="clearer",
            effort_unit="orders sent back in a hundred",
            measured="Share of orders that are refunded within 30 days",
            metric="conversion_quality",
            channel="web",
            purpose=ONSITE,
            element="refunds_365d",
            role="content_slot",
            reason="Whoever sent things back is helped most by advice on choosing",
            why_not="Advice would stand in the way of those who need none.",
            lead="bought from us and ",
        ),
        Template(
            key="service",
            area="Service",
            label="Help first for those with an open complaint",
            who="Customers who complained lately",
            task="Get their trouble solved before anything is offered to them",
            gets_better="faster",
            effort_unit="days until the trouble is solved",
            measured="Days from the complaint to its closing",
            metric="task_success",
            channel="web",
            purpose=ONSITE,
            element="complaints_365d",
            role="exclusion",
            reason="Whoever waits for an answer should not be sold to meanwhile",
            why_not="People with a complaint would meet offers instead of help.",
        ),
        Template(
            key="homepage",
            area="Pilot",
            label="Home page: what is new in what people like",
            who="Returning customers who told us a favourite category",
            task="See what is new in their category at a glance",
            gets_better="faster",
            effort_unit="pages until the first product",
            measured="Pages seen before the first product is viewed",
            metric="conversion_quality",
            channel="web",
            purpose=ONSITE,
            element="favourite_category",
            role="content_slot",
            reason="They told us what they like",
            why_not="The place would show the same to everybody.",
        ),
        Template(
            key="cart-recovery",
            area="Pilot",
            label="Cart recovery: find again what was left in the cart",
            who="Customers who filled a cart this month and did not order",
            task="Go on where they stopped, or drop it for good",
            gets_better="less_effort",
            effort_unit="steps to get back to the cart",
            measured="Steps from the first page to the order",
            metric="task_success",
            channel="email",
            purpose=MAIL,
            element="carts_30d",
            role="eligibility",
            reason="Only whoever filled a cart can go on with it",
            why_not="Everybody would be reminded of a cart they never had.",
            lead="picked things when you ",
        ),
        Template(
            key="onboarding",
            area="Pilot",
            label="Onboarding: the first weeks after sign-up",
            who="Customers who signed up this month",
            task="Learn the two or three things that make the shop useful to them",
            gets_better="clearer",
            effort_unit="days until the first order that is kept",
            measured="Days from sign-up to the first order that is kept",
            metric="retention",
            channel="email",
            purpose=MAIL,
            element="signup_date",
            role="timing",
            reason="The day of sign-up says which step comes next",
            why_not="The steps would come in no order.",
        ),
    )
}
