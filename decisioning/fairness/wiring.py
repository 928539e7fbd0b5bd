"""When an audit is made by itself."""

from decisioning.fairness import actions
from governance.usecases import hooks


def connect() -> None:
    hooks.on_submitted(actions.after_submission)
    hooks.on_moved(actions.after_step)
