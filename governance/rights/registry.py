"""Every table's declaration; each floor adds its own when it starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from governance.rights.core import Erasure, Kept, Table, fields_of

_tables: dict[str, Table] = {}

FOR_EVER = Kept(until="as long as the installation")
WITH_PERSON = Kept(until="as long as we know the person")
ON_RECORD = Kept(until="6 years at least, as evidence of what staff did")
CLAIMS_OPEN = (
    "The proof of a choice stays under a number that only the keyed hash of the "
    "person's own id leads to, for as long as somebody may claim."
)
STAFF_RECORD = "What staff did stays on record; a person stands in it as a bare number."


def declare(tables: Iterable[Table]) -> None:
    """Add tables; the same declaration again changes nothing."""
    for table in tables:
        _tables[table.label] = table


def tables() -> Mapping[str, Table]:
    return dict(_tables)


def table(label: str) -> Table:
    return _tables[label]


def _house(label: str, title: str, **classes: str) -> Table:
    """A table about the house itself, not about any customer."""
    return Table(label=label, title=title, fields=fields_of(**classes), kept=FOR_EVER)


def _staff(label: str, title: str, **classes: str) -> Table:
    return Table(label=label, title=title, fields=fields_of(**classes), kept=ON_RECORD)


GOVERNANCE = (
    _staff(
        "governance.User",
        "People who sign in to the console",
        staff="id username email display_name password is_active theme date_joined"
        " last_login",
    ),
    _staff(
        "governance.RoleAssignment",
        "Roles of staff",
        staff="id user role granted_by granted_at ended_at",
    ),
    _staff(
        "governance.ApiKey",
        "Keys of integrators",
        staff="id name public_id secret_sha256 scopes created_by created_at expires_at"
        " revoked_at last_used_at",
    ),
    Table(
        label="governance.AuditEntry",
        title="What staff and the system did",
        fields=fields_of(
            technical="seq digest prev_hash hash",
            staff="occurred_at actor_kind actor_id actor_label type",
            treatment="subject_kind subject_id details",
        ),
        kept=ON_RECORD,
        why=STAFF_RECORD,
        order="seq",
    ),
    Table(
        label="governance.Unsealed",
        title="Hashes of rows that the next seal will cover",
        fields=fields_of(technical="id table_name row_id leaf written_at"),
        kept=Kept(until="until the next seal, a minute later"),
    ),
    Table(
        label="governance.Seal",
        title="Seals over what may not be changed",
        fields=fields_of(
            technical="number table_name row_ids leaves columns root audit_seq"
            " audit_hash from_at until_at sealed_at prev_hash hash",
        ),
        kept=FOR_EVER,
        order="number",
    ),
    Table(
        label="governance.Removal",
        title="What erasure and retention took out of sealed rows",
        fields=fields_of(technical="id table_name kind row_ids residues removed_at"),
        kept=FOR_EVER,
    ),
    _house(
        "governance.DataElement",
        "What may be known about a customer",
        settings="key label plain_description phrase source_type provenance field"
        " value_type choices identifiability special_category proxy_for flags"
        " derived_from recipients lawful_purposes collected_where owner ttl_days"
        " ttl_reason"
        " ttl_anchor deletion_method version content_hash created_at",
    ),
    _house(
        "governance.Purpose",
        "What data may be used for",
        settings="key label description kind default_basis consent_required"
        " objection_absolute gpc_applies",
    ),
    _house(
        "governance.RegulatoryReference",
        "Sources that our rules rest on",
        settings="key source version status says consequence checked_on",
        staff="checked_by",
    ),
    _house(
        "governance.Notice",
        "The words people agreed to",
        settings="id key version text locale covers_below is_material created_at",
    ),
    Table(
        label="governance.ConsentEvent",
        title="What you allowed, refused or took back",
        fields=fields_of(
            technical="id salt personal_digest",
            identity="person_id",
            consent="purpose channel topic action notice evidence source recorded_by"
            " occurred_at recorded_at valid_until",
        ),
        kept=Kept(until="6 years after the choice, while claims are possible"),
        subject=("person_id",),
        in_pack=True,
        erasure=Erasure.PROOF,
        why=CLAIMS_OPEN,
        not_in_pack=frozenset({"salt", "personal_digest"}),
    ),
    Table(
        label="governance.ConsentHead",
        title="Your choices as they stand now",
        fields=fields_of(
            identity="person_id",
            consent="version cells personalization_off paused_until"
            " max_contacts_per_week updated_at",
        ),
        kept=WITH_PERSON,
        subject=("person_id",),
        in_pack=True,
        erasure=Erasure.DELETE,
        order="person_id",
    ),
    Table(
        label="governance.Suppression",
        title="Addresses that get no marketing",
        fields=fields_of(
            technical="id source added_at lifted_at",
            consent="channel address_hash why",
        ),
        kept=Kept(until="until the person asks for messages again"),
        why="A keyed hash of the address keeps an old list from bringing it back.",
    ),
    Table(
        label="governance.Complaint",
        title="What you told us went wrong",
        fields=fields_of(
            technical="id state decision_id use_case_key",
            identity="person_id",
            words="text outcome",
            treatment="received_at acknowledge_by closed_at",
            staff="closed_by",
        ),
        kept=Kept(730, "closed_at", "after it was closed"),
        subject=("person_id",),
        in_pack=True,
        erasure=Erasure.STAND_IN,
        blanked=("text", "outcome", "decision_id"),
        why="That a complaint was made still counts as harm; its words are gone.",
        not_in_pack=frozenset({"closed_by"}),
    ),
    Table(
        label="governance.RightsRequest",
        title="What you asked of us under the law",
        fields=fields_of(
            technical="id kind state",
            identity="person_id",
            words="reason outcome",
            treatment="received_at due_at changed_at verified_at accepted_at"
            " extended_at escalated_at n_tries closed_at",
            staff="closed_by",
        ),
        kept=Kept(1_095, "closed_at", "after it was closed"),
        subject=("person_id",),
        in_pack=True,
        erasure=Erasure.STAND_IN,
        blanked=("reason", "outcome"),
        why="That a request was met in time stays on record without whose it was.",
        not_in_pack=frozenset({"closed_by"}),
    ),
    Table(
        label="governance.ErasureRecord",
        title="Who was erased, as keyed hashes",
        fields=fields_of(
            technical="id counts n_files pack_digest erased_at",
            identity="proof_id identity_hashes",
            staff="erased_by_label",
        ),
        kept=FOR_EVER,
        why="After a restore the tombstone says whom to erase again.",
    ),
    Table(
        label="governance.Job",
        title="Long work that somebody started",
        fields=fields_of(
            technical="id kind state n_done n_total counts cancel_requested_at"
            " created_at begun_at finished_at heartbeat_at result_url",
            words="label params message error what_to_do result",
            staff="started_by",
        ),
        kept=Kept(395, "finished_at", "after it ended"),
        erasure=Erasure.BLANK,
        blanked=("label", "params", "message", "error", "result"),
        why="Work is about files, not people; what names the person is emptied.",
    ),
    Table(
        label="governance.Letter",
        title="Notices to staff",
        fields=fields_of(
            technical="id n_tries next_try_at sent_at error",
            staff="reader kind once subject body path written_at",
        ),
        kept=Kept(395, "written_at", "after it was written"),
    ),
    Table(
        label="governance.SilencedKind",
        title="Notices that staff switched off",
        fields=fields_of(technical="id", staff="reader kind silenced_at"),
        kept=Kept(until="until it is switched on again"),
    ),
    _house(
        "governance.Installation",
        "What this installation is",
        technical="id is_demo clock_shift demo_note",
    ),
    _house(
        "governance.ServingVersion",
        "The number of what is served",
        technical="id number changed_at",
    ),
    _house(
        "governance.UseCase",
        "Reasons to personalise",
        settings="id key name state state_before_pause serving_version exposure_share"
        " priority created_at changed_at",
        staff="paused_by created_by marketing_owner channel_owner",
    ),
    _house(
        "governance.UseCaseVersion",
        "Versions of use cases",
        settings="id use_case number status content envelope config_hash references"
        " overlay overlay_hash risk_tier created_at saved_at submitted_at signed_at"
        " expires_at void_reason",
        staff="author",
    ),
    _staff(
        "governance.VersionEditor",
        "Who wrote which part",
        staff="id version user part edited_at",
    ),
    _staff(
        "governance.StrategicAssessment",
        "Verdicts on the three tests",
        settings="id version test verdict evidence content_hash",
        staff="assessor assessed_at",
    ),
    _staff(
        "governance.Attestation",
        "Privacy's written word",
        settings="id version kind text config_hash valid_until",
        staff="attested_by attested_at",
    ),
    _staff(
        "governance.FairnessAudit",
        "Audits of who is treated worse, as counts of groups",
        settings="id use_case version_number config_hash occasion method verdict"
        " n_customers starts_at ends_at findings proxies bubble limits limits_digest"
        " caution due_at",
        staff="audited_by_label audited_at",
    ),
    _staff(
        "governance.FairnessAnswer",
        "What is done about an unfairness that was found",
        settings="id audit option reason role",
        staff="answered_by answered_at",
    ),
    Table(
        label="governance.MonitoringTrait",
        title="What you told us so that we can check that we are fair",
        fields=fields_of(
            technical="id told_at",
            identity="person_id",
            profile="trait value",
        ),
        kept=Kept(730, "told_at", "after you told us"),
        subject=("person_id",),
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    _staff(
        "governance.Assessment",
        "Assessments of use cases",
        settings="id version kind level answers is_complete config_hash context"
        " context_digest",
        staff="written_by written_at",
    ),
    _staff(
        "governance.ScreeningRaise",
        "Impact assessments asked for in full",
        settings="id use_case level reason",
        staff="raised_by raised_at",
    ),
    _staff(
        "governance.Sheet",
        "Model cards and data sheets",
        settings="id part key digest answers",
        staff="written_by written_at",
    ),
    _staff(
        "governance.SafeguardsForAll",
        "The safeguards for all",
        settings="id is_on reason",
        staff="reviewers set_by set_at",
    ),
    Table(
        label="governance.Hearing",
        title="Decisions you asked a person to look at",
        fields=fields_of(
            technical="id decision_id use_case_key wish state new_decision_id",
            identity="person_id",
            words="text told",
            treatment="received_at due_at outcome decided_at",
            staff="decided_by",
        ),
        kept=Kept(1_095, "decided_at", "after it was decided"),
        subject=("person_id",),
        in_pack=True,
        erasure=Erasure.STAND_IN,
        blanked=("text", "told", "decision_id", "new_decision_id"),
        why="That somebody was heard in time stays on record without whose it was.",
        not_in_pack=frozenset({"decided_by"}),
    ),
    _staff(
        "governance.Incident",
        "What the system paused or rolled back by itself",
        settings="id use_case version_number config_hash act code reason first_harm_at"
        " noticed_at",
        staff="noticed_by_label",
    ),
    _staff(
        "governance.IncidentClosing",
        "What was learned from it, with counts",
        settings="id incident learned n_decisions n_customers first_default_at",
        staff="closed_by closed_at",
    ),
    _staff(
        "governance.RollbackDrill",
        "Rehearsals of rolling a use case back",
        settings="id version config_hash is_passed n n_personal seconds faults"
        " valid_until",
        staff="drilled_by_label drilled_at",
    ),
    _staff(
        "governance.StateChange",
        "The life of use cases",
        settings="id use_case version_number from_state to_state transition reason",
        staff="changed_by_label changed_by_id changed_at",
    ),
    _staff(
        "governance.Approval",
        "Signatures",
        settings="id version role decision config_hash reason conditions"
        " conditions_due_at valid_until",
        staff="approver conditions_owner page_seconds reauth_at decided_at",
    ),
)
declare(GOVERNANCE)
