"""Alerts are seen by those who see their case, and by nobody else."""

from __future__ import annotations

import pytest

from detection import hooks
from detection.hooks import AlertLocation
from detection.pipeline.assess import assess
from detection.tests import scenarios
from tests import factories
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(queue):
    queue.typologies = ["large_amount"]
    queue.save()
    made = factories.alert()
    hooks.group([made])
    return made


def test_who_works_the_queue_sees_the_alert(alert, analyst):
    client = signed_in(analyst)
    assert f"/detection/alerts/{alert.pk}/" in client.get("/detection/alerts/").content.decode()
    page = client.get(f"/detection/alerts/{alert.pk}/").content.decode()
    assert "Amount of $12,500.00" in page
    assert client.get(f"/api/v1/alerts/{alert.pk}").json()["snapshot_digest"] == "0" * 64
    assert [each["id"] for each in client.get("/api/v1/alerts").json()["results"]] == [alert.pk]


def test_who_works_another_queue_sees_nothing(alert):
    other = factories.user("Olaf Other", role="analyst")
    factories.grant(other, "work", factories.queue())
    client = signed_in(other)
    assert client.get(f"/detection/alerts/{alert.pk}/").status_code == 404
    assert client.get(f"/detection/alerts/{alert.pk}/replay/").status_code == 404
    assert client.get(f"/api/v1/alerts/{alert.pk}").status_code == 404
    assert "No alert yet" in client.get("/detection/alerts/").content.decode()


@pytest.mark.parametrize("path", ["/detection/alerts/", "/detection/rules/", "/detection/models/", "/api/v1/alerts"])
def test_a_stranger_is_refused(stranger, path):
    assert signed_in(stranger).get(path).status_code == 403


def test_filters_narrow_the_list(alert, analyst):
    client = signed_in(analyst)
    for query, found in (
        ("typology=large_amount", 1), ("typology=structuring", 0), ("outcome=block", 0), ("outcome=review", 1),
        (f"account={alert.account.external_id}", 1), ("account=nobody", 0), ("raised_from=2200-01-01", 0),
    ):  # fmt: skip
        assert len(client.get(f"/api/v1/alerts?{query}").json()["results"]) == found, query


def test_the_page_links_to_the_case_when_somebody_knows_it(alert, analyst, monkeypatch):
    monkeypatch.setattr(hooks, "_alert_locator", lambda _user, _alert: AlertLocation("C-1", "/cases/C-1/"))
    assert 'href="/cases/C-1/"' in signed_in(analyst).get(f"/detection/alerts/{alert.pk}/").content.decode()


def test_the_transaction_page_gets_its_assessment(source, gathered, analyst, stranger):
    factories.rule_version()
    rows = scenarios.transactions(source, [100, 1_000_000])
    assess(batch=rows[0].batch, transactions=rows)
    client = signed_in(analyst)
    page = client.get(f"/detection/transactions/{rows[1].pk}/assessment/", headers={"HX-Request": "true"})
    assert "Review" in page.content.decode()
    assert "<html" not in page.content.decode()
    assert "/detection/alerts/" not in page.content.decode(), "gathered nowhere, so not theirs to see"
    assert client.get("/detection/transactions/999999/assessment/").status_code == 404
    assert signed_in(stranger).get(f"/detection/transactions/{rows[0].pk}/assessment/").status_code == 403


def test_the_replay_page_says_what_came_out(source, analyst, queue, superuser):
    queue.typologies = ["large_amount"]
    queue.save()
    factories.rule_version()
    rows = scenarios.transactions(source, [1_000_000])
    (result,) = assess(batch=rows[0].batch, transactions=rows)
    page = signed_in(analyst).get(f"/detection/alerts/{result.alert_id}/replay/").content.decode()
    assert "The same alert" in page


def test_the_admin_shows_alerts_and_lets_nobody_change_them(alert, superuser):
    client = signed_in(superuser)
    assert client.get("/admin/detection/alert/").status_code == 200
    assert client.get(f"/admin/detection/alert/{alert.pk}/change/").status_code == 200
    assert client.post(f"/admin/detection/alert/{alert.pk}/change/", {}).status_code == 403
    assert client.get("/admin/detection/modelversion/").status_code == 200
