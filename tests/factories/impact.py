"""Answers of assessments that are complete."""

RISK = {
    "harm": "Mail that nobody asked for",
    "who": "Recent buyers",
    "likelihood": "possible",
    "severity": "some",
    "measure": "At most three in seven days",
    "residual": "low",
    "owner": "Channel owner",
    "due": "2027-01-31",
}
IMPACT = {
    "nature": "Months since the last order are put in bands and used for ranking.",
    "scope": "Recent buyers, three contacts a week at the most.",
    "context": "They bought from us and were told when they did.",
    "necessity": "Without it the offers would be guessed.",
    "rights": "One tap turns it off, from the next message on.",
    "risks": [RISK],
}
IN_FULL = {
    **IMPACT,
    "need": "People are evaluated by what they do.",
    "consulted": "Twelve customers in a panel; they want fewer messages.",
    "dpo_advice": "Go ahead, and look at the opt-outs after a month.",
    "dpo_followed": "yes",
}
BALANCE = {
    "interest": "Telling own buyers of similar goods, by e-mail.",
    "benefit": "They find what goes with what they bought.",
    "necessity": "Only buyers can be told of similar goods.",
    "alternatives": "A note on the page was tried; nobody saw it.",
    "expectations": "Nine of ten in the survey of March expected it.",
    "impact": "One unwanted message, at worst.",
    "children": "Accounts are for adults; a known child is left out.",
    "safeguards": "Three contacts a week at the most.",
    "opt_out": "One click in each message, at once.",
    "outcome": "stands",
}
