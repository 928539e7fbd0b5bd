"""Did it work, did it harm, what next: the experiment's pages."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest

from decisioning.experiments.models import Experiment

SEES = ["mara", "olga", "anna", "chen", "priya", "eve", "aud"]


def words(response):
    text = re.sub(r"<script.*?</script>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("who", SEES)
def test_everybody_who_may_read_experiments_sees_the_list_and_the_read_out(
    who, clients, imported
):
    assert clients[who].get("/experiments/").status_code == 200
    assert clients[who].get("/experiments/hillstrom/").status_code == 200


@pytest.mark.parametrize("who", ["sue", "ada"])
def test_support_and_admin_are_turned_away(who, clients, imported):
    assert clients[who].get("/experiments/").status_code == 403
    assert clients[who].get("/experiments/hillstrom/").status_code == 403


def test_an_empty_house_says_what_comes_first(clients):
    told = words(clients["mara"].get("/experiments/"))

    assert "Nothing has been tested yet" in told
    assert "See the use cases" in told


def test_an_experiment_that_is_not_there_is_404(clients):
    for path in ("", "print/", "readout.csv"):
        assert clients["mara"].get(f"/experiments/nothing/{path}").status_code == 404


def test_the_imported_read_out_tells_the_gain_and_that_harm_was_not_counted(
    clients, imported
):
    told = words(clients["eve"].get("/experiments/hillstrom/"))

    assert "Do not scale" in told
    assert "Men's e-mail raised visits by 7.66 percentage points" in told
    assert "(7.00 to 8.32)" in told
    assert "Nobody counted opt-outs, complaints or trust" in told
    assert "This data has no unsubscribe column." in told
    assert "0 of 3 cleared" in told


def test_the_imported_read_out_shows_differences_means_and_checks(clients, imported):
    told = words(clients["anna"].get("/experiments/hillstrom/"))

    assert "+4.52" in told
    assert "3.89 to 5.16" in told
    assert "+0.77" in told
    assert "0.49 to 1.05" in told
    assert "21,307" in told
    assert "18.28" in told
    assert "χ² 0.20, p 0.904 against one third each" in told
    assert "would show in 8 of 10 such tests" in told
    assert "Refunds: not recorded. This data has no refund column." in told
    assert "None" not in told


def test_a_finished_experiment_has_no_steps_left(clients, imported):
    told = words(clients["anna"].get("/experiments/hillstrom/"))

    assert "Stop the test" not in told
    assert "Start the test" not in told


def test_a_running_experiment_shows_only_the_always_valid_interval(clients, running):
    told = words(clients["anna"].get("/experiments/free-delivery/"))

    assert "always-valid" in told
    assert "Only always-valid intervals are shown" in told
    assert "95 % interval" not in told.replace("group difference 95 % interval", "")
    assert "Needs 5,000 more customers of 10,000 planned, about 10 days" in told
    assert "against 80" in told


def test_finishing_waits_for_the_planned_end_and_says_so(clients, running):
    page = clients["anna"].get("/experiments/free-delivery/")

    assert "Not at its planned end" in words(page)
    answer = clients["anna"].post("/experiments/free-delivery/finish/")
    assert answer.status_code == 409
    assert "The planned number of customers or days is not reached" in words(answer)
    running.refresh_from_db()
    assert running.state == "running"


def test_stopping_needs_a_reason_and_keeps_the_page(clients, running):
    answer = clients["anna"].post("/experiments/free-delivery/stop/", {"reason": " "})

    assert answer.status_code == 422
    assert "Say why it is stopped before its planned end" in words(answer)
    running.refresh_from_db()
    assert running.state == "running"


def test_an_analyst_stops_with_a_reason(clients, running):
    answer = clients["anna"].post(
        "/experiments/free-delivery/stop/", {"reason": "Stock ran out"}, follow=True
    )

    assert answer.redirect_chain == [("/experiments/free-delivery/", 302)]
    assert "Stopped. It keeps its always-valid intervals." in words(answer)
    assert Experiment.objects.get().state == "stopped"


def test_its_owner_may_stop_it_and_another_marketer_may_not(clients, running, cast):
    running.created_by = cast["anna"]
    running.save()
    page = clients["mara"].get("/experiments/free-delivery/")

    assert "Only its owner, a marketing owner or an analyst may do this" in words(page)
    answer = clients["mara"].post(
        "/experiments/free-delivery/stop/", {"reason": "I would like to"}
    )
    assert answer.status_code in (403, 409)
    running.refresh_from_db()
    assert running.state == "running"


@pytest.mark.parametrize("who", ["eve", "priya", "chen", "aud"])
def test_readers_cannot_act(who, clients, running):
    for step in ("start", "stop", "finish"):
        answer = clients[who].post(f"/experiments/free-delivery/{step}/")
        assert answer.status_code == 403


def test_a_draft_starts_and_cannot_start_twice(clients, running):
    Experiment.objects.update(state="draft", started_at=None)
    page = clients["anna"].get("/experiments/free-delivery/")
    assert "Start the test" in words(page)

    clients["anna"].post("/experiments/free-delivery/start/")

    assert Experiment.objects.get().state == "running"
    again = clients["anna"].post("/experiments/free-delivery/start/")
    assert again.status_code == 409
    assert "only a draft can be started" in words(again)


def test_the_list_finds_by_text_and_by_state(clients, imported, running):
    everything = words(clients["mara"].get("/experiments/"))
    assert "1 running, 1 imported." in everything

    found = words(clients["mara"].get("/experiments/?q=delivery"))
    assert "Free delivery on the home page" in found
    assert "Two e-mails or none" not in found

    found = words(clients["mara"].get("/experiments/?state=imported"))
    assert "Two e-mails or none" in found
    assert "Free delivery on the home page" not in found

    assert "No experiment fits" in words(clients["mara"].get("/experiments/?q=zzz"))


def test_the_file_holds_every_figure_in_full(clients, imported):
    answer = clients["anna"].get("/experiments/hillstrom/readout.csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))

    mens = next(x for x in lines if x["metric"] == "visit" and x["arm"] == "mens-email")
    assert float(mens["difference"]) == pytest.approx(0.07658956, rel=1e-6)
    assert float(mens["lo"]) == pytest.approx(0.06995335, rel=1e-6)
    assert any(x["name"] == "not recorded" for x in lines)


def test_a_running_experiments_file_holds_no_fixed_interval(clients, running):
    answer = clients["anna"].get("/experiments/free-delivery/readout.csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))

    treated = next(x for x in lines if x["arm"] == "treated")
    assert treated["lo"] == ""
    assert float(treated["always_valid_lo"]) < float(treated["difference"])


def test_the_printed_read_out_stands_without_charts(clients, imported):
    answer = clients["eve"].get("/experiments/hillstrom/print/")

    assert "+7.66" in words(answer)
    assert "<x-chart" not in answer.content.decode()


def test_a_broken_split_is_said_first(clients, imported):
    imported.statistics.filter(arm="no-email").update(n=15_000)

    told = words(clients["anna"].get("/experiments/hillstrom/"))

    assert "The split is broken." in told
    assert "Cannot tell yet" in told
