"""Every write on a use case, gathered from the modules that hold one part each."""

from governance.usecases.bounding import set_bound
from governance.usecases.drafting import create, open_next_draft, save_draft
from governance.usecases.drilling import record_drill
from governance.usecases.judging import assess, attest
from governance.usecases.moving import (
    note_learning,
    pause,
    resume,
    set_exposure,
    set_priority,
    stop,
    submit,
    transition,
)
from governance.usecases.ramping import widen
from governance.usecases.settling import apply_now, make_serving, void

__all__ = [
    "apply_now",
    "assess",
    "attest",
    "create",
    "make_serving",
    "note_learning",
    "open_next_draft",
    "pause",
    "record_drill",
    "resume",
    "save_draft",
    "set_bound",
    "set_exposure",
    "set_priority",
    "stop",
    "submit",
    "transition",
    "void",
    "widen",
]
