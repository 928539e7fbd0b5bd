"""Open Bandit through the page and the API, as anybody's log would go."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import yaml

from bench.installation import Installation, dataset, installation
from bench.proof import Proof

PUBLISHED = {"ips": 0.004553, "snips": 0.004776, "relative": 1.198126, "ess": 1639.5}
N_DRAWS, SEED = 100_000, 12345


def prove() -> Proof:
    rewards, propensities, target = _log()
    with installation(has_web=True) as here:
        told = _asked(here, rewards, propensities, target)
        page = _on_the_page(rewards, propensities, target)
        first_two = np.zeros(len(rewards))
        first_two[:2] = 1.0
        refused = _asked(here, rewards, propensities, first_two)
    found = {
        "ips": told["ips"]["value"],
        "snips": told["snips"]["value"],
        "relative": told["relative"],
        "ess": told["effectiveN"],
    }
    equal = {
        "ips": abs(found["ips"] - PUBLISHED["ips"]) < 5e-7,
        "snips": abs(found["snips"] - PUBLISHED["snips"]) < 5e-7,
        "relative": abs(found["relative"] - PUBLISHED["relative"]) < 5e-6,
        "ess": abs(found["ess"] - PUBLISHED["ess"]) < 0.05,
    }
    on_page = all(f"{found[name]:.6f}" in page for name in ("ips", "snips"))
    low, high = told["ips"]["interval"]
    return Proof(
        claim=(
            "Thompson's policy on Open Bandit's random log: IPW, SNIPW and effective "
            "size equal the published ones on the page and over the API; a policy for "
            "which the log is worth 2 choices is refused"
        ),
        figure=(
            f"IPW {found['ips']:.6f} ({low:.4f} to {high:.4f}), SNIPW "
            f"{found['snips']:.6f}, relative {found['relative']:.6f}, effective size "
            f"{found['ess']:.1f}; page {'the same' if on_page else 'differs'}; "
            f"{refused.get('refusal', {}).get('message', 'not refused')}"
        ),
        holds=all(equal.values()) and on_page and refused["canTell"] is False,
    )


def _log() -> tuple[Any, Any, Any]:
    """The random policy's choices, with Thompson's chances from its published prior."""
    log = pd.read_csv(dataset("obd/random_all.csv.gz"))
    prior = yaml.safe_load(dataset("obd/prior_bts.yaml").read_text())["all"]
    a, b = np.array(prior["alpha"]), np.array(prior["beta"])
    state = np.random.RandomState(SEED)
    counts = np.zeros((len(a), 3))
    for _ in range(N_DRAWS):
        best = np.argsort(state.beta(a, b))[::-1][:3]
        counts[best, [0, 1, 2]] += 1
    chances = counts / N_DRAWS
    target = chances[log["item_id"], log["position"] - 1]
    return log["click"].to_numpy(float), log["propensity_score"].to_numpy(float), target


def _asked(here: Installation, rewards: Any, propensities: Any, target: Any) -> Any:
    body = {
        "rewards": rewards.tolist(),
        "propensities": propensities.tolist(),
        "target": target.tolist(),
    }
    answer = here.ask("POST", "/api/v1/off-policy-evaluations", body)
    told = json.loads(answer.body)
    assert answer.status == 200, told
    return told


def _on_the_page(rewards: Any, propensities: Any, target: Any) -> str:
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client
    from django.test.utils import setup_test_environment

    from governance.people.models import User
    from governance.types import Role

    setup_test_environment()
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        },
    }
    analyst = User.objects.filter(
        role_assignments__role=Role.ANALYST.value, role_assignments__ended_at=None
    ).first()
    assert analyst is not None
    client = Client()
    client.force_login(analyst)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["reward", "propensity", "target"])
    writer.writerows(zip(rewards, propensities, target, strict=True))
    file = SimpleUploadedFile("log.csv", out.getvalue().encode())
    names = {"reward": "reward", "propensity": "propensity", "target": "target"}
    return client.post(
        "/experiments/off-policy/", {"file": file, **names}
    ).content.decode()
