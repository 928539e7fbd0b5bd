"""What happened lately, each entry of the record as one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from console.templatetags.fmt import ago
from governance.audit.queries import AuditEntry


@dataclass(frozen=True, slots=True)
class Event:
    strong: str
    text: str
    when: str
    tone: str = ""
    shape: str = "circle"


TONES = {
    "paused": "negative",
    "rolled_back": "negative",
    "voided": "negative",
    "refused": "negative",
    "signed": "positive",
    "given": "positive",
    "test_started": "info",
}

SENTENCES = {
    "use_case.created": "began {it}",
    "use_case.draft_saved": "saved a draft of {it}",
    "use_case.draft_opened": "opened the next draft of {it}",
    "use_case.submitted": "asked for review of {it}",
    "use_case.assessed": "assessed a test of {it}",
    "use_case.attested": "attested the assessments of {it}",
    "use_case.signed": "counted every signature of {it}",
    "use_case.made_serving": "put {it} into service",
    "use_case.voided": "voided the signatures of {it}",
    "use_case.applied_unsigned": "applied unsigned edits to {it}",
    "use_case.exposure_set": "changed the exposure of {it}",
    "use_case.priority_set": "changed the priority of {it}",
    "use_case.learning_noted": "noted what was learned from {it}",
    "use_case.taken_to_data": "took {it} on to its data",
    "use_case.withdrawn": "withdrew {it} from review",
    "use_case.test_started": "started the test of {it}",
    "use_case.measured": "ended the test of {it}",
    "use_case.scaled": "scaled {it}",
    "use_case.refined": "took {it} back to refine it",
    "use_case.rolled_back": "rolled {it} back",
    "signoff.given": "signed {it}",
    "signoff.given_with_conditions": "signed {it} with a condition",
    "signoff.changes_requested": "asked for changes to {it}",
    "signoff.refused": "refused to sign {it}",
    "signoff.revoked": "took back a signature of {it}",
    "signoff.condition_met": "declared a condition of {it} met",
    "api_key.issued": "issued an API key",
    "api_key.revoked": "revoked an API key",
    "catalogue.seeded": "added the standard data catalogue",
    "consent.imported": "imported consents",
    "consent.recorded": "recorded consents",
    "customer.read": "looked at a customer’s page",
    "customer.merged": "merged two records of one customer",
    "customer.merge_undone": "took a merge of customers back",
    "dataset.imported": "imported the data set {it}",
    "customers.imported": "imported customers from {it}",
    "events.imported": "imported events from {it}",
    "events.replayed": "replayed {it} events that were set aside",
    "experiment.created": "designed the experiment of {it}",
    "model.trained": "trained the score {it}",
    "model.promoted": "put a version of the score {it} into use",
    "notice.added": "added a privacy notice",
    "person.looked_up": "looked a person up",
    "user.activated": "switched the sign-in of {it} on or off",
    "user.added": "added {it} to the people",
    "user.roles_set": "changed the roles of {it}",
    "letters.chosen": "chose which letters to get",
    "job.started": "started a job",
    "job.cancel_requested": "asked to cancel a job",
}

VERBS = {
    "saved": "saved {it}",
    "drafted": "edited {it}; the edit waits for signatures",
    "draft_dropped": "took a waiting edit of {it} back",
    "draft_opened": "opened the next draft of {it}",
    "retired": "retired {it}",
    "added": "added {it}",
    "started": "started {it}",
    "stopped": "stopped {it}",
    "finished": "finished {it}",
    "paused": "paused {it}",
    "resumed": "resumed {it}",
    "received": "took {it} down",
    "acknowledged": "answered {it}",
    "closed": "closed {it}",
}

THINGS = {
    "offer": "the offer “{name}”",
    "creative": "the creative {name}",
    "placement": "the placement “{name}”",
    "segment": "the segment “{name}”",
    "cap": "the cap “{name}”",
    "budget": "the budget “{name}”",
    "experiment": "the experiment {name}",
    "model": "{name}",
    "data_element": "the data item “{name}”",
    "complaint": "a complaint",
    "person": "a person’s choices",
    "job": "a job",
}


def feed(
    entries: Iterable[AuditEntry], now: datetime, names: Mapping[str, str]
) -> list[Event]:
    """``names`` are those of the use cases, by key."""
    return [
        Event(
            strong=entry.actor_label,
            text=_sentence(entry, names),
            when=ago(entry.occurred_at, now),
            tone=TONES.get(entry.type.rpartition(".")[2], ""),
        )
        for entry in entries
    ]


def _sentence(entry: AuditEntry, names: Mapping[str, str]) -> str:
    verb = entry.type.rpartition(".")[2]
    told = SENTENCES.get(entry.type) or VERBS.get(verb)
    return (told or f"{verb.replace('_', ' ')} {{it}}").format(it=_thing(entry, names))


def _thing(entry: AuditEntry, names: Mapping[str, str]) -> str:
    if entry.subject_id in names:
        return names[entry.subject_id]
    name = str(entry.details.get("name") or entry.subject_id)
    return THINGS.get(entry.subject_kind, "{name}").replace("{name}", name)
