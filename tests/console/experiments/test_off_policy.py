"""Another policy on the log: the page and the API answer alike, and refuse alike."""

import csv
import io
import json

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from governance.access import actions as access
from governance.installation.queries import now as clock
from governance.types import Actor, Role
from tests.factories import configuration as make

URL = "/experiments/off-policy/"
API = "/api/v1/off-policy-evaluations"


@pytest.fixture
def analyst(db):
    return make.signed_in(make.person("ana", Role.ANALYST, now=clock()))


@pytest.fixture
def bearer(db):
    _, text = access.issue_key(
        by=Actor.system(),
        now=clock(),
        owner_id=make.person("kim", Role.ADMIN, now=clock()).pk,
        name="reads",
        scopes=["read"],
    )
    return {"Authorization": f"Bearer {text}"}


def log(n=3000):
    rng = np.random.default_rng(5)
    arms = rng.integers(0, 2, n)
    rewards = (rng.random(n) < np.where(arms == 1, 0.3, 0.1)).astype(float)
    return rewards, np.full(n, 0.5), np.where(arms == 1, 0.9, 0.1)


def table(*columns, header=("reward", "propensity", "target")):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    return SimpleUploadedFile("log.csv", out.getvalue().encode())


def sent(client, file, **columns):
    names = {"reward": "reward", "propensity": "propensity", "target": "target"}
    return client.post(URL, {"file": file, **names, **columns})


def test_the_page_and_the_api_tell_the_same_value(analyst, bearer):
    rewards, propensities, target = log()
    page = sent(analyst, table(rewards, propensities, target)).content.decode()
    told = Client().post(
        API,
        json.dumps(
            {
                "rewards": rewards.tolist(),
                "propensities": propensities.tolist(),
                "target": target.tolist(),
            }
        ),
        content_type="application/json",
        headers=bearer,
    )

    body = told.json()
    assert body["canTell"] is True
    assert body["ips"]["value"] == pytest.approx((target / 0.5 * rewards).mean())
    assert f"{body['ips']['value']:.6f}" in page
    assert "The other policy would have earned more." in page


def test_both_refuse_where_the_log_is_worth_two_choices(analyst, bearer):
    n = 1000
    columns = np.ones(n), np.full(n, 0.001), np.r_[np.ones(2), np.zeros(n - 2)]

    page = sent(analyst, table(*columns)).content.decode()
    names = ("rewards", "propensities", "target")
    told = (
        Client()
        .post(
            API,
            json.dumps({k: v.tolist() for k, v in zip(names, columns, strict=True)}),
            content_type="application/json",
            headers=bearer,
        )
        .json()
    )

    assert told["canTell"] is False
    assert told["refusal"]["code"] == "too_few"
    assert "2.0 decisions" in told["refusal"]["message"]
    assert "The log cannot tell." in page
    assert "2.0 decisions" in page


def test_a_row_without_a_number_is_named_and_nothing_is_evaluated(analyst):
    file = table([1, 0, "yes"], [0.5] * 3, [0.5] * 3)

    answer = sent(analyst, file)

    assert answer.status_code == 422
    assert "Row 3" in answer.content.decode()
    assert "The answer" not in answer.content.decode()


def test_a_missing_column_is_named(analyst):
    answer = sent(analyst, table(*log(50)), reward="money")

    assert answer.status_code == 422
    assert "money" in answer.content.decode()


def test_what_is_no_chance_is_refused_by_the_api(bearer):
    body = {"rewards": [1], "propensities": [0], "target": [0.5]}

    answer = Client().post(
        API, json.dumps(body), content_type="application/json", headers=bearer
    )

    assert answer.status_code == 422
    assert "propensities" in answer.content.decode()
