"""A placement's table as text, and the table made again from it.

The text is what a logged decision rests on beside its own row: stored once under its
digest, it is enough to decide the same again.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from decisioning.engine.core.trace import constants
from decisioning.engine.core.types import (
    Cap,
    Case,
    Ground,
    Linear,
    Mode,
    PlacementTable,
    Singles,
    Trial,
    TrialArm,
    Words,
)
from decisioning.rules.core import All, Not, Rule, compile_python, load
from decisioning.rules.core import Any as AnyOf
from decisioning.rules.core.codec import node_data
from governance.consent.core import Policy
from governance.types import sha256_hex

DOMAIN = "attune/served/v1"
PLAIN = (
    "key",
    "channel",
    "default_content",
    "offers",
    "creatives",
    "topics",
    "contents",
    "sentences",
    "costs",
    "budgets",
    "schedule",
    "floor",
    "cap_window",
    "events",
    "event_window",
)
SINGLES = ("values", "weights", "priorities")
_encode = msgspec.json.Encoder(order="sorted").encode


def pin(table: PlacementTable) -> PlacementTable:
    """Give the table its text and that text's digest.

    Parameters
    ----------
    table
        With the rules' trees.

    Returns
    -------
    PlacementTable
    """
    text = _encode(_data(table)).decode()
    return replace(table, pinned=text, digest=sha256_hex(f"{DOMAIN}\n{text}"))


def _data(table: PlacementTable) -> dict[str, Any]:
    return {
        **{name: getattr(table, name) for name in PLAIN},
        **{name: _packed(getattr(table, name)) for name in SINGLES},
        "unexplained": f"{table.unexplained:x}",
        "schedule": _losses(table.schedule),
        "floor": _losses(table.floor),
        "caps": [_cap(cap) for cap in table.caps],
        "cases": [_case(case) for case in table.cases],
        "rules": [node_data(tree) for tree in table.trees],
        "grounds": _grounds(table),
        "policy": {
            "void": sorted(table.policy.void_notices),
            "unknownIsChild": table.policy.unknown_is_child,
        },
    }


def _grounds(table: PlacementTable) -> dict[str, Any] | None:
    """What candidates may be explained by; what is the same for all stands once.

    Their rules are made again from those of the offers and the audiences.
    """
    if not table.grounds:
        return None
    first = table.grounds[0]
    return {
        "signals": first.signals,
        "hides": sorted(first.hides),
        "phrases": first.words.phrases,
        "each": [
            {
                "inRule": ground.in_rule,
                "certain": ground.certain,
                "template": ground.words.template,
                "offer": ground.words.offer,
                "signal": ground.words.signal,
                "own": ground.words.own,
                "plain": ground.plain,
            }
            for ground in table.grounds
        ],
    }


def _losses(losses: Any) -> list[list[str]]:
    return [[code, f"{bits:x}"] for code, bits in losses]


def _packed(array: Any) -> str:
    return b64encode(array.tobytes()).decode()


def _cap(cap: Cap) -> list[Any]:
    return [cap.key, cap.n, cap.window, cap.scope, cap.scope_key, f"{cap.bits:x}"]


def _case(case: Case) -> dict[str, Any]:
    return {
        "key": case.key,
        "name": case.name,
        "version": case.version,
        "configHash": case.config_hash,
        "bits": f"{case.bits:x}",
        "refusal": case.refusal,
        "purposes": case.purposes,
        "audience": f"{case.audience_bit:x}",
        "exposure": case.exposure,
        "trial": None if case.trial is None else _trial(case.trial),
        "exploration": case.exploration,
        "maxAge": case.max_age,
        "model": None if case.model is None else _model(case.model),
        "wantsScore": case.wants_score,
        "modelSignals": case.model_signals,
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "id": trial.id,
        "key": trial.key,
        "salt": trial.salt,
        # All candidates are "-1", whose bits have no end.
        "arms": [[a.key, a.share, a.mode.value, f"{a.bits:x}"] for a in trial.arms],
    }


def _model(model: Linear) -> dict[str, Any]:
    return {
        "digest": model.digest,
        "columns": model.columns.tolist(),
        "weights": _packed(model.weights),
        "intercepts": _packed(model.intercepts),
        "known": model.known.tolist(),
        "fill": _packed(model.fill),
    }


def unpin(text: str) -> PlacementTable:
    """Make the table again.

    Parameters
    ----------
    text
        As `pin` wrote it.

    Returns
    -------
    PlacementTable
        Decides as the one that was pinned did.

    Raises
    ------
    ValueError, KeyError
        Where the text is no table.
    """
    data = json.loads(text)
    trees = tuple(_tree(node) for node in data["rules"])
    plain = {name: _frozen(data[name]) for name in PLAIN}
    table = PlacementTable(
        **{
            **plain,
            **{name: _singles(data[name]) for name in SINGLES},
            "cases": tuple(_case_of(case, data) for case in data["cases"]),
            "contents": tuple(data["contents"]),
            "schedule": _losses_of(data["schedule"]),
            "floor": _losses_of(data["floor"]),
            "caps": tuple(_cap_of(cap) for cap in data["caps"]),
            "unexplained": int(data["unexplained"], 16),
        },
        rules=compile_python(trees),
        grounds=_grounds_of(data, trees),
        trees=trees,
        policy=Policy(
            frozenset(data["policy"]["void"]), data["policy"]["unknownIsChild"]
        ),
    )
    return replace(pin(table), packed=constants(table))


def _grounds_of(data: Mapping[str, Any], trees: Sequence[Rule]) -> tuple[Ground, ...]:
    read = data["grounds"]
    if read is None:
        return ()
    return tuple(
        _ground(read, each, _lets_in(data["cases"], place, trees))
        for place, each in enumerate(read["each"])
    )


def _lets_in(
    cases: Sequence[Mapping[str, Any]], place: int, trees: Sequence[Rule]
) -> Rule:
    """A candidate's own rule, and that of the audience of its use case."""
    case = next(c for c in cases if int(c["bits"], 16) >> place & 1)
    audience = int(case["audience"], 16).bit_length() - 1
    return All((trees[place], trees[audience]))


def _ground(read: Mapping[str, Any], each: Mapping[str, Any], rule: Rule) -> Ground:
    return Ground(
        rule=rule,
        signals=read["signals"],
        in_rule=tuple(each["inRule"]),
        certain=tuple(each["certain"]),
        hides=frozenset(read["hides"]),
        words=Words(
            each["template"],
            each["offer"],
            each["signal"],
            read["phrases"],
            tuple(each["own"]),
        ),
        plain=each["plain"],
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _singles(text: str) -> Singles:
    return np.frombuffer(b64decode(text), np.float32).copy()


def _losses_of(read: Any) -> tuple[tuple[str, int], ...]:
    return tuple((code, int(bits, 16)) for code, bits in read)


def _cap_of(read: Any) -> Cap:
    key, n, window, scope, scope_key, bits = read
    return Cap(key, n, window, scope, scope_key, int(bits, 16))


def _case_of(read: Mapping[str, Any], table: Mapping[str, Any]) -> Case:
    trial, model = read["trial"], read["model"]
    return Case(
        key=read["key"],
        name=read["name"],
        version=read["version"],
        config_hash=read["configHash"],
        bits=int(read["bits"], 16),
        refusal=read["refusal"],
        purposes=tuple(read["purposes"]),
        audience_bit=int(read["audience"], 16),
        exposure=read["exposure"],
        trial=None if trial is None else _trial_of(trial),
        exploration=read["exploration"],
        max_age=read["maxAge"],
        model=None if model is None else _model_of(model, len(table["offers"])),
        wants_score=read["wantsScore"],
        model_signals=tuple(read["modelSignals"]),
    )


def _trial_of(read: Mapping[str, Any]) -> Trial:
    arms = (
        TrialArm(key, share, Mode(mode), int(bits, 16))
        for key, share, mode, bits in read["arms"]
    )
    return Trial(read["id"], read["key"], read["salt"], tuple(arms))


def _model_of(read: Mapping[str, Any], n: int) -> Linear:
    return Linear(
        digest=read["digest"],
        columns=np.array(read["columns"], np.int64),
        weights=_singles(read["weights"]).reshape(n, -1),
        intercepts=_singles(read["intercepts"]),
        known=np.array(read["known"], np.bool_),
        fill=_singles(read["fill"]),
    )


def _tree(node: Mapping[str, Any]) -> Rule:
    """Groups of any size: another segment's rule may stand in its place."""
    if "all" in node:
        return All(tuple(_tree(part) for part in node["all"]))
    if "any" in node:
        return AnyOf(tuple(_tree(part) for part in node["any"]))
    if "not" in node:
        return Not(_tree(node["not"]))
    return load(node)
