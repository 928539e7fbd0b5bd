"""Who may open which door, written by hand from the tables of roles and resources.

Nothing here is read from the code under test. A row is a route and, for each method it
has, who gets in: letters of roles, scopes of API keys, ``EVERYBODY`` for pages that ask
for no sign-in. A method that is not named is shut for all; a route that is not named
fails the build. ``own`` in a comment: the role acts on its own objects only, which the
action judges, not the door.
"""

ROLES = {
    "MK": "marketer",
    "MO": "marketing_owner",
    "AN": "analyst",
    "CH": "channel_owner",
    "PR": "privacy_reviewer",
    "EX": "executive",
    "SU": "support",
    "AU": "auditor",
    "AD": "admin",
}
SCOPES = ("ingest", "decide", "read", "manage")
EVERYBODY = "everybody"

STAFF = "MK MO AN CH PR EX SU AU AD"
CAMPAIGN = "MK MO AN CH PR EX AU AD"  # all but support
MEASURED = "MK MO AN CH PR EX AU"  # neither support nor admin
READ_MANAGE = "read manage"

ACCOUNT = {
    "accounts/": {"GET": STAFF},
    "accounts/letters/": {"POST": STAFF},
    "accounts/login/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "accounts/logout/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "accounts/inactive/": {"GET": EVERYBODY},
    "accounts/reauthenticate/": {"GET": STAFF, "POST": STAFF},
    "accounts/password/change/": {"GET": STAFF, "POST": STAFF},
    "accounts/2fa/": {"GET": STAFF},
    "accounts/2fa/authenticate/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "accounts/2fa/reauthenticate/": {"GET": STAFF, "POST": STAFF},
    "accounts/2fa/totp/activate/": {"GET": STAFF, "POST": STAFF},
    "accounts/2fa/totp/deactivate/": {"GET": STAFF, "POST": STAFF},
    "accounts/2fa/recovery-codes/": {"GET": STAFF},
    "accounts/2fa/recovery-codes/generate/": {"GET": STAFF, "POST": STAFF},
    "accounts/2fa/recovery-codes/download/": {"GET": STAFF},
}

USE_CASES = {
    "use-cases/": {"GET": CAMPAIGN},
    "use-cases/table/": {"GET": CAMPAIGN},
    "use-cases/backlog/": {"GET": CAMPAIGN},
    "use-cases/new/": {"GET": "MK MO", "POST": "MK MO"},
    "use-cases/<slug:key>/": {"GET": CAMPAIGN},
    # MK own, AN the data part
    "use-cases/<slug:key>/edit/": {"GET": "MK MO AN", "POST": "MK MO AN"},
    "use-cases/<slug:key>/edit/check/": {"POST": "MK MO AN"},
    "use-cases/<slug:key>/live-edits/": {"POST": "MK MO AN"},
    "use-cases/<slug:key>/assessments/": {"POST": "MO AN CH PR"},
    "use-cases/<slug:key>/attestations/": {"POST": "PR"},
    "use-cases/<slug:key>/transitions/": {"POST": "MK MO AN CH"},
    "use-cases/<slug:key>/exposure/": {"POST": "MK MO AN CH"},
    # MK own
    "use-cases/<slug:key>/pause/": {"POST": "MK MO AN CH PR EX AD"},
    "use-cases/<slug:key>/stop/": {"POST": "MK MO AN CH PR EX AD"},
    "assessments/": {"GET": CAMPAIGN},
    "assessments/for-all/set/": {"POST": "PR"},
    "assessments/sheets/<slug:part>/<str:key>/": {"GET": CAMPAIGN, "POST": "AN PR"},
    "assessments/<slug:key>/": {"GET": CAMPAIGN},
    "assessments/<slug:key>/raise/": {"POST": "PR"},
    "assessments/<slug:key>/<slug:kind>/": {"GET": CAMPAIGN, "POST": "PR"},
    # who is named in the safeguards, which the action judges
    "hearings/": {"GET": "CH PR SU AU"},
    "hearings/<int:hearing_id>/": {"GET": "CH PR SU AU", "POST": "CH PR SU"},
    # MK own
    "use-cases/<slug:key>/drills/": {"POST": "MK MO AN CH"},
    "incidents/": {"GET": CAMPAIGN},
    "incidents/<int:incident_id>/": {"GET": CAMPAIGN},
    # MK own
    "incidents/<int:incident_id>/closing/": {"POST": "MK MO AN CH PR EX AD"},
    "reviews/": {"GET": CAMPAIGN},
    "reviews/<slug:key>/": {"GET": CAMPAIGN, "POST": "MO AN CH PR EX"},
    "reviews/<slug:key>/conditions/": {"POST": "MO AN CH PR EX"},
}

CONFIGURATION = {
    "segments/": {"GET": CAMPAIGN},
    "segments/new/": {"GET": "MK MO AN", "POST": "MK MO AN"},
    "segments/preview/": {"GET": CAMPAIGN, "POST": CAMPAIGN},
    "segments/look-alike/": {"GET": CAMPAIGN},
    "segments/<slug:key>/": {"GET": CAMPAIGN, "POST": "MK MO AN"},
    "segments/<slug:key>/members/": {"GET": CAMPAIGN, "POST": MEASURED},
    # MK own; customers leave the house, so neither analysts nor admins
    "segments/<slug:key>/audiences/": {"GET": "MK MO CH PR EX AU"},
    "segments/<slug:key>/customers.csv": {"POST": "MK MO CH PR EX AU"},
    # MK own; CH, PR, EX and AU hold exports but write no segments: the action refuses
    "segments/<slug:key>/audiences/new/": {"POST": "MK MO AN"},
    "segments/<slug:key>/audiences/<int:audience_id>/stop/": {"POST": "MK MO AN"},
    "segments/<slug:key>/rebuild/": {"POST": "MK MO AN"},
    "segments/<slug:key>/retirement/": {"POST": "MK MO AN"},
    "offers/": {"GET": CAMPAIGN},
    "offers/new/": {"GET": "MK MO CH", "POST": "MK MO CH"},
    "offers/placements/": {"GET": CAMPAIGN},
    "offers/placements/new/": {"GET": "MK MO CH", "POST": "MK MO CH"},
    "offers/placements/<str:key>/": {"GET": CAMPAIGN, "POST": "MK MO CH"},
    "offers/<slug:key>/": {"GET": CAMPAIGN, "POST": "MK MO CH"},
    "offers/<slug:key>/creatives/": {"POST": "MK MO CH"},
    "offers/<slug:key>/creatives/<int:pk>/retirement/": {"POST": "MK MO CH"},
    "offers/<slug:key>/retirement/": {"POST": "MK MO CH"},
    "caps/": {"GET": CAMPAIGN},
    "caps/new/": {"GET": "MK MO CH", "POST": "MK MO CH"},
    "caps/budgets/new/": {"GET": "MK MO CH", "POST": "MK MO CH"},
    "caps/budgets/<slug:key>/": {"GET": CAMPAIGN, "POST": "MK MO CH"},
    "caps/<slug:key>/": {"GET": CAMPAIGN, "POST": "MK MO CH"},
    "caps/<slug:key>/retirement/": {"POST": "MK MO CH"},
}

MEASUREMENT = {
    "experiments/": {"GET": MEASURED},
    "experiments/off-policy/": {"GET": MEASURED, "POST": MEASURED},
    "experiments/<slug:key>/": {"GET": MEASURED},
    "experiments/<slug:key>/readout.csv": {"GET": MEASURED},
    "experiments/<slug:key>/print/": {"GET": MEASURED},
    "experiments/<slug:key>/start/": {"POST": "MK MO AN"},
    "experiments/<slug:key>/stop/": {"POST": "MK MO AN"},
    "experiments/<slug:key>/finish/": {"POST": "MK MO AN"},
    "decisions/": {"GET": MEASURED},
    "decisions/<uuid:decision_id>/": {"GET": MEASURED},
    "scorecard/": {"GET": CAMPAIGN},
    "scorecard/<slug:key>/": {"GET": CAMPAIGN},
    "scorecard/<slug:scope>/scorecard.csv": {"GET": MEASURED},
    "scorecard/<slug:scope>/rows/<slug:metric>/": {"GET": CAMPAIGN},
    "scores/": {"GET": CAMPAIGN},
    "scores/new/chance/": {"POST": "AN"},
    "scores/new/value/": {"POST": "AN"},
    "scores/<slug:key>/": {"GET": CAMPAIGN},
    "scores/<slug:key>/rescoring/": {"POST": "AN"},
    "scores/<slug:key>/promotion/": {"POST": "AN"},
}

HOUSE = {
    "": {"GET": STAFF},
    "search/": {"GET": STAFF},
    "styleguide/": {"GET": STAFF},
    "operating/": {"GET": STAFF},
    "operating/questions/": {"GET": STAFF},
    "operating/record/": {"GET": STAFF},
    "operating/record.csv": {"GET": MEASURED},
    "operating/references/<slug:key>/": {"GET": STAFF, "POST": "PR"},
    "world/": {"GET": STAFF, "POST": "MO AN AD"},
    "data-map/": {"GET": CAMPAIGN},
    "data-map/<str:key>/": {"GET": CAMPAIGN, "POST": "AN PR"},
    "data-quality/": {"GET": CAMPAIGN},
    "data-quality/signal/": {"GET": CAMPAIGN},
    "data-quality/thresholds/": {"POST": "MO AN AD"},
    "data-quality/alarms/<int:alert_id>/acknowledgement/": {"POST": "MK MO AN CH PR"},
    "fairness/": {"GET": MEASURED},
    "fairness/<slug:key>/": {"GET": MEASURED},
    "fairness/<slug:key>/audits/": {"POST": "AN"},
    # MK own
    "fairness/<slug:key>/answers/": {"POST": "MK MO AN CH PR EX AD"},
    "imports/": {"GET": "MO AN PR AU AD"},
    "imports/new/": {"GET": "MO AN AD", "POST": "MO AN AD"},
    "imports/rejects/<uuid:job_id>/": {"GET": "MO AN PR AU AD"},
    "imports/undo/<uuid:job_id>/": {"POST": "MO AN AD"},
    "imports/<slug:token>/": {"GET": "MO AN AD", "POST": "MO AN AD"},
    # MK own
    "jobs/": {"GET": "MK MO AN CH PR AU AD"},
    "jobs/<uuid:job_id>/": {"GET": "MK MO AN CH PR AU AD"},
    "jobs/<uuid:job_id>/progress/": {"GET": "MK MO AN CH PR AU AD"},
    "jobs/<uuid:job_id>/cancellation/": {"POST": "MK MO AN AD"},
    # counts for all but support, privacy and auditors, who read the words
    "complaints/": {"GET": "MK MO AN CH PR EX SU AU"},
    "complaints/new/": {"GET": "PR SU", "POST": "PR SU"},
    "complaints/<int:complaint_id>/": {"GET": "PR SU AU"},
    "complaints/<int:complaint_id>/acknowledgement/": {"POST": "PR SU"},
    "complaints/<int:complaint_id>/closing/": {"POST": "PR SU"},
    # what people asked of us under the law; SU notes and asks, PR decides
    "rights-requests/": {"GET": "PR SU AU"},
    "rights-requests/<int:request_id>/": {"GET": "PR SU AU"},
    "rights-requests/<int:request_id>/steps/": {"POST": "PR SU"},
    # SU masked; both with a reason, on record
    "customers/": {"GET": "PR SU", "POST": "PR SU"},
    "customers/<slug:pseudonym>/": {"GET": "PR SU"},
    "customers/<slug:pseudonym>/preferences/": {"POST": "PR SU"},
    "customers/<slug:pseudonym>/requests/": {"POST": "PR SU"},
    "customers/<slug:pseudonym>/separations/": {"POST": "PR"},
    "customers/<slug:pseudonym>/rights/": {"GET": "PR"},
    "customers/<slug:pseudonym>/pack/": {"POST": "PR"},
    "customers/<slug:pseudonym>/erasure/": {"POST": "PR"},
    # MK own
    "audit/": {"GET": CAMPAIGN},
    "audit/<int:seq>/": {"GET": CAMPAIGN},
    "audit/verification/": {"POST": "AU"},
    # MK what they own
    "audit/entries.csv": {"POST": "MK MO CH PR EX AU"},
    "people/": {"GET": "AU AD"},
    "people/new/": {"GET": "AD", "POST": "AD"},
    "people/<str:username>/": {"GET": "AU AD"},
    "people/<str:username>/roles/": {"POST": "AD"},
    "people/<str:username>/activity/": {"POST": "AD"},
    "keys/": {"GET": "AU AD"},
    "keys/new/": {"GET": "AD", "POST": "AD"},
    "keys/<slug:public_id>/revocation/": {"POST": "AD"},
}

# what a marketer is answered about things that others own
FOREIGN_TO_MK = {
    "segments/<slug:key>/audiences/": 403,
    "use-cases/<slug:key>/edit/": 403,
    "jobs/<uuid:job_id>/": 404,
    "jobs/<uuid:job_id>/progress/": 404,
    "audit/<int:seq>/": 404,
}

# writes in which a marketer is kept to what is theirs
OWN_TO_MK = {
    "use-cases/<slug:key>/edit/",
    "use-cases/<slug:key>/edit/check/",
    "use-cases/<slug:key>/live-edits/",
    "use-cases/<slug:key>/transitions/",
    "use-cases/<slug:key>/exposure/",
    "use-cases/<slug:key>/pause/",
    "use-cases/<slug:key>/stop/",
    "segments/<slug:key>/",
    "segments/<slug:key>/customers.csv",
    "segments/<slug:key>/audiences/new/",
    "segments/<slug:key>/rebuild/",
    "segments/<slug:key>/retirement/",
    "offers/placements/<str:key>/",
    "offers/<slug:key>/",
    "offers/<slug:key>/creatives/",
    "offers/<slug:key>/retirement/",
    "caps/budgets/<slug:key>/",
    "caps/<slug:key>/",
    "caps/<slug:key>/retirement/",
    "jobs/<uuid:job_id>/cancellation/",
}

OPEN = {
    "healthz": {"GET": EVERYBODY},
    "readyz": {"GET": EVERYBODY},
    "why/<str:token>": {"GET": EVERYBODY, "POST": EVERYBODY},
    "why/<str:token>/how": {"GET": EVERYBODY},
    "preferences/<str:token>": {"GET": EVERYBODY, "POST": EVERYBODY},
    "preferences/<str:token>/data": {"POST": EVERYBODY},
    "preferences/<str:token>/erasure": {"GET": EVERYBODY, "POST": EVERYBODY},
    "unsubscribe/<str:token>": {"GET": EVERYBODY, "POST": EVERYBODY},
    ".well-known/gpc.json": {"GET": EVERYBODY},
}

PAGES = ACCOUNT | USE_CASES | CONFIGURATION | MEASUREMENT | HOUSE | OPEN

LISTED = {"GET": "manage", "POST": "manage"}
KEYED = {"GET": "manage", "PUT": "manage"}
API = {
    "v1/batch": {"POST": "ingest"},
    "v1/alias": {"POST": "ingest"},
    "v1/group": {"POST": "ingest"},
    "v1/identify": {"POST": "ingest"},
    "v1/page": {"POST": "ingest"},
    "v1/screen": {"POST": "ingest"},
    "v1/track": {"POST": "ingest"},
    "api/v1/decisions": {"POST": "decide"},
    "api/v1/decisions/batch": {"POST": "decide"},
    "api/v1/decisions/<uuid:decision_id>": {"GET": "read"},
    "api/v1/decisions/<uuid:decision_id>/explanation": {"GET": "read"},
    "ofrep/v1/evaluate/flags": {"POST": "decide"},
    "ofrep/v1/evaluate/flags/<path:key>": {"POST": "decide"},
    "api/v1/customers/<str:user_id>": {"GET": READ_MANAGE},
    "api/v1/offers": LISTED,
    "api/v1/offers/<slug:key>": KEYED,
    "api/v1/creatives": LISTED,
    "api/v1/placements": LISTED,
    "api/v1/placements/<str:key>": KEYED,
    "api/v1/segments": LISTED,
    "api/v1/segments/<slug:key>": KEYED,
    # in the name of the key's owner, whose own role must allow the hand-over
    "api/v1/audiences": LISTED,
    "api/v1/audiences/<int:audience_id>": {
        "GET": "manage",
        "PUT": "manage",
        "DELETE": "manage",
    },
    "api/v1/caps": LISTED,
    "api/v1/caps/<slug:key>": KEYED,
    "api/v1/budgets": LISTED,
    "api/v1/budgets/<slug:key>": KEYED,
    "api/v1/experiments": {"GET": READ_MANAGE},
    "api/v1/experiments/<slug:key>": {"GET": READ_MANAGE},
    "api/v1/experiments/<slug:key>/readout": {"GET": READ_MANAGE},
    "api/v1/off-policy-evaluations": {"POST": READ_MANAGE},
    "api/v1/holdouts": {"GET": "read"},
    "api/v1/scores": {"GET": "read"},
    "api/v1/scores/<slug:key>": {"GET": "read"},
    "api/v1/scorecards/<slug:scope>": {"GET": READ_MANAGE},
    "api/v1/use-cases": {"GET": READ_MANAGE, "POST": "manage"},
    "api/v1/use-cases/<slug:key>": {"GET": READ_MANAGE, "PATCH": "manage"},
    "api/v1/use-cases/<slug:key>/transition": {"POST": "manage"},
    "api/v1/use-cases/<slug:key>/stop": {"POST": "manage"},
    "api/v1/sign-offs": {"GET": READ_MANAGE},
    "api/v1/data-elements": {"GET": READ_MANAGE},
    "api/v1/data-elements/<slug:key>": {"GET": READ_MANAGE},
    "api/v1/purposes": {"GET": READ_MANAGE},
    "api/v1/consents": {"GET": "manage"},
    "api/v1/complaints": {"GET": "read", "POST": "manage"},
    # in the name of the key's owner, whose own role must allow it
    "api/v1/rights-requests": {"POST": "manage", "GET": "manage"},
    "api/v1/rights-requests/<int:request_id>": {"GET": "manage"},
    "api/v1/rights-requests/<int:request_id>/steps": {"POST": "manage"},
    "api/v1/audit": {"GET": "read"},
    "api/v1/fairness": {"GET": "read"},
    "api/v1/fairness/<slug:key>": {"GET": "read"},
    "api/v1/jobs/<uuid:job_id>": {"GET": "read"},
    "api/schema/": {"GET": EVERYBODY},
    "api/docs/": {"GET": EVERYBODY},
}
