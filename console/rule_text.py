from __future__ import annotations

import json
from typing import Any


def rule_text(rule: Any) -> str:
    """A stored rule as the builder's textarea shows it; no rule is everyone."""
    shown = {"version": 1, "rule": {"all": []}} if rule is None else rule
    return json.dumps(shown, indent=1, ensure_ascii=False)
