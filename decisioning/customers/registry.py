"""What each table of this floor knows about people, and what becomes of it.

Declared by label, in one place, because an erasure walks through all of them in one
transaction; the test of completeness compares it with the models themselves.
"""

from __future__ import annotations

from governance.rights.core import Erasure, Kept, Table, fields_of
from governance.rights.registry import FOR_EVER, WITH_PERSON, declare

MEASURED = "A count of an experiment stays right under a number nobody can link."
PROFILED = ("customer_id",)
# What experiments count (`experiments.sql`): in a running one these rows of an erased
# person stay, under a stand-in and without properties, so that harm still counts.
COUNTED = (
    "Order Completed",
    "Order Refunded",
    "Page Viewed",
    "Site Visited",
    "Application Opened",
    "Product Viewed",
    "Product List Viewed",
    "Products Searched",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
    "Content Viewed",
    "Decision Clicked",
    "Email Link Clicked",
    "Email Opened",
    "Email Marked as Spam",
    "Unsubscribed",
    "Decision Shown",
    "Email Delivered",
)
_NAMES = ", ".join(f"'{name}'" for name in COUNTED)
IN_A_RUNNING_EXPERIMENT = f"""name IN ({_NAMES}) AND EXISTS (
    SELECT 1 FROM decisioning_assignment a
    JOIN decisioning_experiment x ON x.id = a.experiment_id
    WHERE a.customer_id = decisioning_event.customer_id AND x.state = 'running'
    AND decisioning_event.occurred_at >= a.assigned_at)"""  # noqa: S608 - our own names
NOT_RESEARCH = """NOT EXISTS (SELECT 1 FROM decisioning_customer c
    WHERE c.id = {table}.customer_id AND c.basis = 'public_research')"""


def _settings(label: str, title: str, fields: str) -> Table:
    return Table(
        label=label, title=title, fields=fields_of(settings=fields), kept=FOR_EVER
    )


VERSIONED = (
    "id revision draft_revision digest created_by created_at changed_at retired_at"
)
DECISIONING = (
    Table(
        label="decisioning.Customer",
        title="Who you are to us",
        fields=fields_of(
            identity="id pseudonym merged_into",
            contact="contact",
            profile="traits timezone locale created_at last_seen_at",
            technical="basis",
        ),
        kept=Kept(until="as long as you are a customer; each trait by its own rule"),
        subject=("id",),
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    Table(
        label="decisioning.CustomerIdentity",
        title="The names you are known by",
        fields=fields_of(
            technical="id",
            identity="kind value customer created_at shared_at account",
        ),
        kept=WITH_PERSON,
        subject=("customer",),
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    Table(
        label="decisioning.IdentityMerge",
        title="When we found that two names were one person",
        fields=fields_of(
            technical="id",
            identity="kept_id merged_id reason moved merged_at undone_at",
        ),
        kept=Kept(395, "merged_at", "while it may be undone"),
        subject=("kept_id", "merged_id"),
        in_pack=True,
        erasure=Erasure.DELETE,
        not_in_pack=frozenset({"moved"}),
    ),
    Table(
        label="decisioning.Event",
        title="What you did with us",
        fields=fields_of(
            technical="id received_at",
            identity="customer_id identity_id",
            behaviour="type name occurred_at value_minor properties source",
            treatment="decision_id",
        ),
        kept=Kept(
            395,
            "occurred_at",
            "or as the element says",
            only=NOT_RESEARCH.format(table="decisioning_event")
            + " AND type <> 'identify'",
        ),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
        spared=IN_A_RUNNING_EXPERIMENT,
        blanked=("properties", "decision_id", "source"),
        why=MEASURED,
    ),
    _settings(
        "decisioning.Product",
        "Products",
        "id source sku name department category brand manufacturer size price_minor"
        " currency stock file previous recorded_at",
    ),
    Table(
        label="decisioning.MessageLedger",
        title="Hashes of messages",
        fields=fields_of(technical="message_hash"),
        kept=Kept(until="for ever, so that a message counts once"),
        order="message_hash",
    ),
    Table(
        label="decisioning.DeadLetter",
        title="Messages we could not read",
        fields=fields_of(
            technical="id code source row received_at replayed_at",
            behaviour="raw",
            words="message",
        ),
        kept=Kept(90, "received_at"),
        in_pack=True,
        erasure=Erasure.SEARCH,
    ),
    Table(
        label="decisioning.CustomerFeatures",
        title="Counts we keep from what you did",
        fields=fields_of(
            identity="customer_id", prediction="values", technical="computed_at"
        ),
        kept=Kept(90, "computed_at", "unless counted anew"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
        order="customer_id",
    ),
    Table(
        label="decisioning.CustomerTally",
        title="Running counts of what you did",
        fields=fields_of(
            identity="customer_id", prediction="packed", technical="definition"
        ),
        kept=WITH_PERSON,
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
        order="customer_id",
    ),
    Table(
        label="decisioning.Score",
        title="What we expect of you",
        fields=fields_of(
            technical="id model_version computed_at",
            identity="customer_id",
            prediction="score_key value details",
        ),
        kept=Kept(90, "computed_at"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    Table(
        label="decisioning.Contact",
        title="When we contacted you",
        fields=fields_of(
            technical="id budget_id cost_minor release_at",
            identity="customer_id",
            treatment="decision_id channel topic offer_key use_case_key placement_key"
            " reserved_at shown_at released_at",
        ),
        kept=Kept(395, "reserved_at"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    Table(
        label="decisioning.Decision",
        title="What we chose to show you, and why",
        fields=fields_of(
            technical="id config_hash model_digest snapshot_digest degraded"
            " is_imported consent_version salt personal_digest",
            identity="customer_id",
            treatment="placement_key channel mode reason use_case_key offer_key"
            " creative_key content score propensity experiment_key arm why decided_at"
            " expires_at",
            prediction="candidates inputs request",
        ),
        kept=Kept(
            760, "decided_at", "its inputs 90 days, or as the use case says", "", "SQL"
        ),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.LOG,
        blanked=("content", "why", "candidates", "inputs", "request"),
        why="The log keeps that a decision was made, by a number nobody can link.",
        order="decided_at",
        not_in_pack=frozenset({"candidates", "salt", "personal_digest"}),
    ),
    Table(
        label="decisioning.StandingDecision",
        title="What holds for you right now",
        fields=fields_of(
            technical="id",
            identity="customer_id",
            treatment="placement_key decision_id expires_at",
        ),
        kept=Kept(1, "expires_at", elsewhere="the engine, every minute"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    Table(
        label="decisioning.IdempotentAnswer",
        title="Answers kept for repeated requests",
        fields=fields_of(
            technical="id key_id route idempotency_key request_hash status created_at",
            treatment="body",
        ),
        kept=Kept(2, "created_at"),
        erasure=Erasure.SEARCH,
        why="It repeats a decision, which is in the pack.",
    ),
    Table(
        label="decisioning.Assignment",
        title="Which group of a test you were in",
        fields=fields_of(
            technical="id",
            identity="customer_id",
            treatment="experiment arm propensity assigned_at",
        ),
        kept=Kept(until="as long as the experiment is on record"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.STAND_IN,
        why=MEASURED,
    ),
    Table(
        label="decisioning.Outcome",
        title="What came of a test that we imported",
        fields=fields_of(
            technical="id",
            identity="customer_id",
            behaviour="experiment metric value",
        ),
        kept=Kept(until="as long as the experiment is on record"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.STAND_IN,
        why=MEASURED,
    ),
    Table(
        label="decisioning.SegmentMembership",
        title="Groups you were in, and when",
        fields=fields_of(
            technical="id",
            identity="customer_id",
            prediction="segment entered_at entry_cause left_at exit_cause",
        ),
        kept=Kept(760, "left_at", "after you left the group"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    Table(
        label="decisioning.AudienceMember",
        title="Whom we told others about",
        fields=fields_of(
            technical="id audience",
            identity="customer_id external_id",
            treatment="added_at",
        ),
        kept=Kept(until="until the other side was told to remove the person"),
        subject=PROFILED,
        in_pack=True,
        erasure=Erasure.DELETE,
    ),
    Table(
        label="decisioning.AudienceDelivery",
        title="Messages to others about who is in a group",
        fields=fields_of(
            technical="id audience kind n state n_attempts error created_at"
            " next_attempt_at delivered_at",
            identity="external_ids",
        ),
        kept=Kept(395, "created_at", "its ids until it has arrived"),
        why="A removal names whom to remove until it has arrived; then it is emptied.",
        order="created_at",
    ),
    _settings(
        "decisioning.Audience",
        "Systems outside that are told of a segment",
        "id segment name url secret_salt purpose channel created_by created_at"
        " stopped_at synced_at",
    ),
    _settings(
        "decisioning.SegmentVersion",
        "Rules of segments by time",
        "id segment revision digest rule effective_at replaced_at",
    ),
    _settings(
        "decisioning.SegmentBuild",
        "Rebuilds of segments",
        "id segment revision built_at n_members n_entered n_left milliseconds error",
    ),
    _settings(
        "decisioning.SignalDay",
        "Counts of events by day",
        "id source name day_date n n_late n_missing n_impossible n_unresolved"
        " n_repeated n_duplicates n_rejected last_at",
    ),
    _settings(
        "decisioning.SignalField",
        "Fields that events carry",
        "id source name field kind n first_date last_date",
    ),
    _settings(
        "decisioning.RepeatedMessages",
        "Counts of repeated messages",
        "id source n received_at",
    ),
    _settings(
        "decisioning.CountedUntil",
        "How far rows are counted",
        "table done_id seen_id seen_at",
    ),
    _settings(
        "decisioning.QualityThreshold",
        "Where data quality alarms",
        "check_key value changed_at",
    ),
    _settings(
        "decisioning.QualityAlert",
        "Alarms of data quality",
        "id check_key source name value threshold n_touched detail opened_at judged_at"
        " closed_at acknowledged_at acknowledged_by",
    ),
    _settings(
        "decisioning.ArmStatistics",
        "Sums by arm",
        "id experiment arm metric n sum_x sum_xx counted_at",
    ),
    _settings(
        "decisioning.Experiment",
        "Experiments",
        "id key name hypothesis use_case_key state is_imported source unit arms control"
        " metrics not_recorded salt planned_n planned_days started_at ended_at"
        " created_by created_at withdrawn_at withdrawn_why",
    ),
    _settings(
        "decisioning.ModelVersion",
        "Models; no parameter is about one person",
        "id key number kind digest parameters report trained_on trained_at"
        " trained_by_label job_id is_champion",
    ),
    _settings(
        "decisioning.ScorecardSnapshot",
        "Sums of scorecards",
        "id scope starts_at ends_at groups trend entered facts computed_at",
    ),
    _settings(
        "decisioning.Segment",
        "Rules of segments",
        "id key name description goal rule revision draft_revision digest created_by"
        " created_at changed_at retired_at",
    ),
    _settings(
        "decisioning.Placement",
        "Placements",
        f"{VERSIONED} key name channel default_content",
    ),
    _settings(
        "decisioning.Offer",
        "Offers",
        f"{VERSIONED} key name topic benefit starts_at ends_at priority value_minor"
        " margin_minor currency cost_minor eligibility why_signal",
    ),
    _settings(
        "decisioning.Creative",
        "Creatives",
        f"{VERSIONED} offer placement key content",
    ),
    _settings(
        "decisioning.Cap",
        "Caps",
        f"{VERSIONED} key name scope scope_key n window",
    ),
    _settings(
        "decisioning.Budget",
        "Budgets",
        f"{VERSIONED} key name scope scope_key limit_minor currency used_minor"
        " starts_at ends_at",
    ),
    _settings(
        "decisioning.SignalDay",
        "Counts of events by source and day",
        "id source name day_date n n_late n_missing n_impossible n_unresolved"
        " n_repeated n_duplicates n_rejected last_at",
    ),
    _settings(
        "decisioning.SignalField",
        "Names of the fields that sources send",
        "id source name field kind n first_date last_date",
    ),
    _settings(
        "decisioning.RepeatedMessages",
        "How many messages came twice",
        "id source n received_at",
    ),
    _settings(
        "decisioning.CountedUntil",
        "How far events are counted",
        "table done_id seen_id seen_at",
    ),
    _settings(
        "decisioning.QualityThreshold",
        "Where checks of data quality alarm",
        "check_key value changed_at",
    ),
    _settings(
        "decisioning.QualityAlert",
        "Alarms of data quality",
        "id check_key source name value threshold n_touched detail opened_at judged_at"
        " closed_at acknowledged_at acknowledged_by",
    ),
    _settings(
        "decisioning.SavedMapping",
        "What the columns of a file are",
        "id name kind columns mapping created_by created_at",
    ),
    _settings(
        "decisioning.Revision",
        "Every saved state of the configuration",
        "id kind object_key number snapshot digest created_by_id created_by_label"
        " created_at",
    ),
    _settings(
        "decisioning.ServedTable",
        "What was live on a placement while decisions rested on it",
        "digest placement_key content recorded_at",
    ),
)


def connect() -> None:
    declare(DECISIONING)
