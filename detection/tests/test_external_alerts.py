"""Alerts that another system raised: in once, never overwritten, gathered, triaged, escalated, and not replayed."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.models import CaseAlert, Incident
from cases.policies.selectors import work_policy_get
from cases.services import incident_escalate, incidents_close, work_policy_change
from detection.alerts.external_records import content_digest
from detection.alerts.payload_table import payload_table
from detection.ml.explain.outcome_phrases import tells_of_outcomes
from detection.models import Alert, ExternalAlert
from detection.pipeline.clearance import clearance_of, visible_reasons
from detection.pipeline.replay import replay
from finobs.accounts.models import OrgUnitGroupGrant, User
from finobs.core import clock
from finobs.core.units import unit_by_key, units_of
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import leaf_hash
from tests import factories
from tests.support.clients import signed_in
from transactions.choices import CustomerKind, IngestMethod, LabelOrigin, PartyRole, RecordKind
from transactions.models import Account, AccountParty, Customer, Label, QuarantinedRow, Source
from transactions.records.services import RecordsAddResult, records_add
from transactions.row_validation import RawRow
from transactions.services import quarantine_correct, quarantine_release

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)
TABLE_OF_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"external_id": ""}, "missing"), ({"system": None}, "missing"), ({"scenario": " "}, "missing"),
    ({"typology": "weather"}, "word"), ({"typology": ""}, "missing"), ({"severity": "meh"}, "word"),
    ({"occurred_at": "yesterday"}, "date"), ({"occurred_at": "1960-01-01"}, "date"), ({"occurred_at": "2999-01-01"}, "date"),
    ({"occurred_at": 7}, "type"), ({"account": ""}, "missing"), ({"customer": "C-9"}, "reference"),
    ({"amount": "12.345"}, "amount"), ({"amount": "-5"}, "amount"), ({"amount": "5", "currency": ""}, "missing"),
    ({"currency": "ZZZ"}, "currency"), ({"score": "high"}, "type"), ({"score": "NaN1"}, "type"), ({"score": True}, "type"),
    ({"score": "1e999"}, "type"), ({"reasons": ["x" * 501]}, "too-long"), ({"reasons": ["x"] * 51}, "too-long"),
    ({"transactions": [{"id": 1}]}, "type"), ({"transactions": [f"T-{n}" for n in range(501)]}, "too-long"),
    ({"payload": "[1]"}, "type"), ({"payload": "{"}, "type"), ({"payload": {"a": "x" * 10_001}}, "too-long"),
    ({"payload": '{"a": NaN}'}, "type"), ({"payload": '{"a": 1, "a": 2}'}, "type"), ({"planet": "Mars"}, "unknown-field"),
]  # fmt: skip


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "external_id": f"V-{number}", "system": "Vigil", "scenario": "Rapid movement", "scenario_version": "7.2",
        "typology": "rapid_in_out", "severity": "high", "occurred_at": "2026-03-02T12:00:00Z", "account": f"A-{number}",
        "amount": "1250.00", "currency": "EUR", "score": "87.5", "reasons": ["In and out within an hour.", "New payee."],
        "payload": {"rule": {"id": "R-7", "hits": [1, 2]}, "note": "Überweisung"},
    }  # fmt: skip
    return {name: value for name, value in (given | changes).items() if value is not ...}


def add(actor: Any, source: Any, *rows: dict[str, Any]) -> RecordsAddResult:
    raws = [RawRow(dict(each)) for each in rows]
    return records_add(actor=actor, source=source, kind=RecordKind.ALERT, rows=raws, method=IngestMethod.FILE)


def statuses(result: RecordsAddResult) -> list[str]:
    return [each.status.value for each in result.rows]


@pytest.fixture
def bank(queue: Any) -> Source:
    queue.is_default = True
    queue.save()
    return factories.source("bank", unit=queue.unit)


@pytest.fixture
def customer(bank: Source) -> Customer:
    return Customer.objects.create(source=bank, external_id="C-1", unit=bank.unit, kind=CustomerKind.PERSON)


def test_what_the_other_system_said_is_kept_and_nothing_else_is_made_up(service, bank):
    assert statuses(add(service, bank, row())) == ["accepted"]
    alert = Alert.objects.get()
    external = alert.external
    assert (external.system, external.scenario, external.scenario_version) == ("Vigil", "Rapid movement", "7.2")
    assert (alert.typology, alert.outcome, alert.score, external.reasons) == (
        "rapid_in_out", "review", 87.5, ["In and out within an hour.", "New payee."],
    )  # fmt: skip
    assert (external.amount_minor, external.currency, external.occurred_at) == (125_000, "EUR", MOMENT)
    assert external.payload == row()["payload"]
    assert external.payload_text == '{"note":"\\u00dcberweisung","rule":{"hits":[1,2],"id":"R-7"}}'
    assert external.payload_digest == hashlib.sha256(external.payload_text.encode()).hexdigest()
    assert (alert.transaction, alert.rule_version, alert.model_version, alert.snapshot) == (None, None, None, {})
    assert alert.account == Account.objects.get(source=bank, external_id="A-1")
    assert alert.occurrence == external
    assert alert.subject == alert.account


def test_one_event_commits_to_the_batch_without_a_word_of_its_rows(service, bank):
    result = add(service, bank, row(1), row(2, reasons="Anna Karlsson|New payee."), row(3, typology="x"))
    event = Event.objects.get(action="batch.records")
    data = json.loads(bytes(event.body))["data"]
    externals = list(ExternalAlert.objects.order_by("position"))
    assert data["root"] == merkle.root([leaf_hash(content_digest(each)) for each in externals]).hex()
    assert (data["kind"], data["accepted"], data["quarantined"]) == ("alert", 2, 1)
    assert [each.record_id for each in result.rows[:2]] == [each.pk for each in externals]
    assert not any(b"Karlsson" in bytes(each.body) for each in Event.objects.all())


@pytest.mark.parametrize(("changes", "reason"), TABLE_OF_FAULTS, ids=range(len(TABLE_OF_FAULTS)))
def test_rubbish_is_held_back_with_its_reason(service, bank, changes, reason):
    result = add(service, bank, row(**changes))
    assert (statuses(result), result.rows[0].reason) == (["quarantined"], reason), result.rows[0].detail
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({"severity": each}, "review") for each in ("low", "Medium", "HIGH", "review", "")]
    + [({"severity": each}, "block") for each in ("critical", "Block")],
)
def test_severity_says_review_or_block(service, bank, changes, outcome):
    add(service, bank, row(**changes))
    assert Alert.objects.get().outcome == outcome


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "duplicate"), ({"amount": "1250"}, "duplicate"), ({"score": "87.50"}, "duplicate"),
        ({"payload": '{"note": "Überweisung", "rule": {"hits": [1, 2], "id": "R-7"}}'}, "duplicate"),
        ({"occurred_at": "2026-03-02T13:00:00+01:00"}, "duplicate"), ({"system": " Vigil "}, "duplicate"),
        ({"reasons": "In and out within an hour.|New payee."}, "duplicate"),
        ({"amount": "1250.01"}, "quarantined"), ({"currency": "USD"}, "quarantined"), ({"score": "87.6"}, "quarantined"),
        ({"reasons": ["New payee.", "In and out within an hour."]}, "quarantined"), ({"severity": "low"}, "quarantined"),
        ({"system": "Other"}, "quarantined"), ({"scenario_version": "7.3"}, "quarantined"), ({"account": "A-2"}, "quarantined"),
        ({"occurred_at": "2026-03-02T12:00:01Z"}, "quarantined"), ({"payload": {}}, "quarantined"),
        ({"typology": "structuring"}, "quarantined"), ({"transactions": ["T-1"]}, "quarantined"),
    ],
)  # fmt: skip
def test_the_same_again_is_known_and_other_content_is_held_back(service, bank, changes, status):
    add(service, bank, row())
    before = list(ExternalAlert.objects.values())
    result = add(service, bank, row(**changes))
    assert statuses(result) == [status]
    assert (Alert.objects.count(), list(ExternalAlert.objects.values())) == (1, before)
    if status == "quarantined":
        assert (result.rows[0].reason, str(before[0]["alert_id"]) in result.rows[0].detail) == ("conflict", True)


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), max_size=12)
PAYLOADS = st.dictionaries(
    TEXTS, st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.lists(TEXTS, max_size=3)), max_size=4
)


@given(first=PAYLOADS, second=PAYLOADS)
@settings(max_examples=25)
def test_content_is_the_same_exactly_where_what_was_said_is(service, bank, first, second):
    with transaction.atomic():
        assert statuses(add(service, bank, row(payload=first))) == ["accepted"]
        # By a file it comes as text, with its keys in another order.
        again = dict(reversed(first.items()))
        assert statuses(add(service, bank, row(payload=json.dumps(again)))) == ["duplicate"]
        expected = "duplicate" if _text(first) == _text(second) else "quarantined"
        assert statuses(add(service, bank, row(payload=second))) == [expected]
        assert ExternalAlert.objects.get().payload == first
        transaction.set_rollback(True)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_two_of_one_batch_are_one_or_a_conflict(service, bank):
    assert statuses(add(service, bank, row(), row(), row(score="1"))) == ["accepted", "duplicate", "quarantined"]


def test_ids_are_of_their_source(service, bank):
    other = factories.source("other", unit=bank.unit)
    assert statuses(add(service, bank, row())) == statuses(add(service, other, row(score="1"))) == ["accepted"]


def test_a_customer_must_be_there_and_the_row_comes_in_once_they_are(service, bank, admin):
    assert statuses(add(service, bank, row(account=..., customer="C-1"))) == ["quarantined"]
    waiting = QuarantinedRow.objects.get()
    Customer.objects.create(source=bank, external_id="C-1", unit=bank.unit, kind=CustomerKind.PERSON)
    released = quarantine_release(actor=service, row=waiting, reason="The customer is in now.")
    assert (released.state, Alert.objects.get().customer.external_id) == ("released", "C-1")  # type: ignore[union-attr]


def test_a_row_that_was_corrected_comes_in(service, bank):
    add(service, bank, row(typology="fast_money"))
    waiting = QuarantinedRow.objects.get()
    quarantine_correct(actor=service, row=waiting, fields=waiting.fields | {"typology": "rapid_in_out"})
    quarantine_release(actor=service, row=waiting, reason="Their word for it.")
    assert Alert.objects.get().external.payload == row()["payload"]


def test_nothing_is_said_of_somebody_who_was_erased(service, bank, customer):
    Customer.objects.filter(pk=customer.pk).update(erased_at=clock.now())
    result = add(service, bank, row(customer="C-1", payload={"name": "Anna Karlsson"}))
    assert result.rows[0].reason == "erased"
    assert QuarantinedRow.objects.get().fields == {"external_id": "V-1"}


def test_the_database_takes_an_alert_of_one_kind_only(service, bank):
    add(service, bank, row())
    alert, ours = Alert.objects.get(), factories.alert()
    for wrong in (
        {"transaction": factories.transaction()}, {"rule_version": factories.rule_version()}, {"account": None},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Alert.objects.filter(pk=alert.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.filter(pk=ours.pk).update(transaction=None)


def test_alerts_of_a_customer_alone_gather_by_the_customer(service, bank, customer):
    add(service, bank, *(row(n, account=..., customer="C-1") for n in (1, 2)))
    incident = Incident.objects.get()
    assert (incident.customer, incident.account, incident.unit_id) == (customer, None, customer.unit_id)
    assert (incident.alert_count, incident.amounts, incident.first_at) == (2, {"EUR": "250000"}, MOMENT)


def test_they_gather_with_those_of_an_account_that_the_customer_alone_holds(service, bank, customer):
    account = factories.account(of=bank)
    AccountParty.objects.create(
        account=account, customer=customer, role=PartyRole.HOLDER, valid_from=MOMENT.date(), recorded_at=MOMENT,
        recorded_by=service, digest=b"",
    )  # fmt: skip
    add(service, bank, row(1, account=account.external_id), row(2, account=..., customer="C-1"))
    assert Incident.objects.get().alert_count == 2
    later = row(3, account=..., customer="C-1", occurred_at=(MOMENT + timedelta(days=9)).isoformat())
    add(service, bank, later)
    assert Incident.objects.count() == 2


def test_an_alert_without_an_amount_counts_none(service, bank):
    add(service, bank, row(amount=..., reasons=...))
    assert (Incident.objects.get().amounts, Alert.objects.get().external.currency) == ({}, "")


def test_the_unit_is_that_of_the_account_or_of_the_customer(service, bank, customer):
    add(service, bank, row(1), row(2, account=..., customer="C-1"))
    for alert in Alert.objects.all():
        assert units_of([alert]) == [bank.unit_id] == [unit_by_key(Alert, alert.pk)]


def test_replay_says_why_it_cannot(service, bank, analyst):
    add(service, bank, row())
    alert = Alert.objects.get()
    result = replay(alert)
    assert not result.same
    assert result.why_not.startswith("Vigil raised this alert, by its scenario Rapid movement, version 7.2. It cannot")
    assert replay(factories.alert()).why_not == ""
    out = io.StringIO()
    with pytest.raises(SystemExit, match="2"):
        call_command("replay_alert", alert.pk, stdout=out)
    assert json.loads(out.getvalue())["why_not"] == result.why_not
    browser = signed_in(analyst)
    assert result.why_not in browser.get(reverse("detection:alert-replay", args=[alert.pk])).content.decode()
    answer = browser.get(reverse("detection_api:alert-replay", args=[alert.pk]))
    assert (answer.status_code, answer.json()["why_not"]) == (200, result.why_not)


def test_every_page_shows_what_the_other_system_said(service, bank, customer, analyst, superuser):
    named = factories.transaction(of=factories.account(of=bank))
    add(
        service, bank, row(1, account=named.account.external_id, transactions=[named.external_id, "T-unknown"]),
        row(2, account=..., customer="C-1", amount=..., score=..., reasons=..., payload=..., scenario_version=...),
    )  # fmt: skip
    browser = signed_in(analyst)
    listed = browser.get(reverse("detection:alert-list")).content.decode()
    assert "Vigil" in listed
    assert "€1,250.00" in listed
    first, second = Alert.objects.order_by("pk")
    page = browser.get(reverse("detection:alert-detail", args=[first.pk])).content.decode()
    for text in (
        "Rapid movement",
        "7.2",
        "New payee.",
        "rule.hits.2",
        "Überweisung",
        "T-unknown",
        first.external.payload_digest,
    ):
        assert text in page, text
    assert reverse("transactions:transaction-detail", args=[named.pk]) in page
    assert "Why this score" not in page
    bare = browser.get(reverse("detection:alert-detail", args=[second.pk])).content.decode()
    assert "customer C-1" in bare
    assert "It said nothing else." in bare
    for alert in (first, second):
        incident = alert.case_alert.incident
        response = browser.get(reverse("cases:incident-detail", args=[incident.reference]))
        assert response.status_code == 200
        assert alert.external.external_id in response.content.decode()
    answer = browser.get(reverse("detection_api:alert-detail", args=[first.pk])).json()
    assert (answer["transaction_id"], answer["rule"], answer["external"]["system"]) == (None, None, "Vigil")
    assert (answer["external"]["amount"], answer["external"]["payload"]["note"]) == ("1250.00", "Überweisung")
    assert browser.get(reverse("detection_api:alert-detail", args=[second.pk])).json()["external"]["amount"] is None
    explained = browser.get(reverse("detection_api:alert-explanation", args=[first.pk]))
    assert (explained.status_code, "Vigil raised this alert" in explained.json()["detail"]) == (404, True)
    of_customer = browser.get(reverse("detection:customer-alerts", args=[customer.pk])).content.decode()
    assert str(second.pk) in of_customer
    back_office = signed_in(superuser)
    assert "Vigil" in back_office.get(reverse("admin:detection_alert_changelist")).content.decode()
    changed = back_office.get(reverse("admin:detection_alert_change", args=[first.pk])).content.decode()
    assert "Rapid movement, version 7.2" in changed
    assert "In and out within an hour. New payee." in changed


def test_its_reasons_are_withheld_from_nobody_for_they_rest_on_no_outcomes_here(service, bank, queue):
    sentence = "7 transactions with this counterparty were confirmed suspicious in the last 7 days."
    assert tells_of_outcomes(sentence)
    add(service, bank, row(reasons=[sentence, "New payee."]))
    OrgUnitGroupGrant.objects.all().delete()
    reader = factories.user("Una Uncleared", role="analyst")
    factories.grant(reader, "work", queue)
    alert = Alert.objects.get()
    assert not clearance_of(reader).covers(bank.pk)
    assert visible_reasons(reader, alert) == [sentence, "New payee."]
    assert alert.reasons == []
    browser = signed_in(reader)
    for name in ("alert-detail", "alert-list"):
        arguments = [alert.pk] if name == "alert-detail" else []
        assert sentence in browser.get(reverse(f"detection:{name}", args=arguments)).content.decode()
    answer = browser.get(reverse("detection_api:alert-detail", args=[alert.pk])).json()
    assert (answer["reasons"], answer["snapshot"]) == ([sentence, "New payee."], {})
    incident = browser.get(reverse("cases:incident-detail", args=[alert.case_alert.incident.reference]))
    assert sentence in incident.content.decode()


@pytest.mark.parametrize("whom", [{"account": "A-1"}, {"account": ..., "customer": "C-1"}])
def test_routing_finds_the_source_of_an_alert_of_an_account_or_of_a_customer_alone(
    service, bank, customer, admin, whom
):
    chosen = factories.queue("chosen")
    content = {"rules": [{"name": "Of the bank", "queue": chosen.slug, "when": {"sources": [bank.slug]}}]}
    work_policy_change(
        actor=admin, policy=work_policy_get(admin, "routing"), content=content, reason="They are acquainted with it."
    )
    add(service, bank, row(**whom))
    assert Incident.objects.get().queue == chosen


def test_an_alert_is_seen_by_who_sees_its_incident_and_by_nobody_else(service, bank, customer, analyst):
    add(service, bank, row(1, account=..., customer="C-1"))
    address = reverse("detection_api:alert-detail", args=[Alert.objects.get().pk])
    elsewhere = factories.user("Otto Other", role="analyst")
    assert (signed_in(analyst).get(address).status_code, signed_in(elsewhere).get(address).status_code) == (200, 404)


def test_a_token_that_is_bound_to_a_source_sees_its_alerts_alone(service, bank, customer, analyst):
    from detection.alerts.selectors import alerts_visible

    other = factories.source("other", unit=bank.unit)
    add(service, bank, row(1), row(2, account=..., customer="C-1"))
    add(service, other, row(3))
    user: Any = User.objects.get(pk=analyst.pk)
    user.token_sources = frozenset({"bank"})
    assert {alert.external.external_id for alert in alerts_visible(user)} == {"V-1", "V-2"}


def test_closing_labels_the_transactions_that_the_alert_names(service, bank, analyst):
    first, second = (factories.transaction(of=factories.account(of=bank)) for _ in range(2))
    elsewhere = factories.transaction()
    add(service, bank, row(transactions=[first.external_id, elsewhere.external_id, "T-none"]))
    incident = Incident.objects.get()
    close([incident], analyst)
    label = Label.objects.get(origin=LabelOrigin.CASE)
    assert (label.transaction, label.is_suspicious) == (first, False)
    assert not second.labels.exists()


def test_a_case_and_an_incident_are_found_by_what_the_other_system_calls_the_alert(service, bank, analyst):
    from cases import selectors

    add(service, bank, row(1), row(2))
    incident = Incident.objects.get(case_alerts__alert__external__external_id="V-1")
    case = incident_escalate(actor=analyst, item=incident, reason="Cash of unknown origin.")
    assert list(selectors.search(analyst, "V-1")) == [case]
    assert list(selectors.search(analyst, "V-2")) == []
    assert selectors.incidents_search(analyst, "V-1", Incident.objects.all()).get() == incident


def test_the_list_is_narrowed_to_a_customer(service, bank, customer, analyst):
    add(service, bank, row(1), row(2, account=..., customer="C-1"))
    answer = signed_in(analyst).get(reverse("detection_api:alert-list"), {"customer": "C-1"}).json()
    assert [each["external"]["external_id"] for each in answer["results"]] == ["V-2"]


def close(incidents: Any, actor: User) -> Any:
    return incidents_close(
        actor=actor, items=incidents, disposition="false_positive", reason_code="rule_too_wide",
        rationale="The scenario is too wide for this account.",
    )  # fmt: skip


def test_a_thousand_by_api_and_a_thousand_by_file_are_triaged_and_escalated(bank, admin, analyst, tmp_path):
    body = {"source": "bank", "alerts": [row(n) for n in range(1_000)]}
    send = lambda key: signed_in(admin).post(  # noqa: E731
        reverse("detection_api:alert-list"), json.dumps(body), content_type="application/json",
        headers={"Idempotency-Key": key},
    )  # fmt: skip
    answer = send("one")
    assert (answer.status_code, answer.json()["accepted"], answer.json()["quarantined"]) == (200, 1_000, 0)
    assert send("two").json()["duplicate"] == 1_000
    lines = [
        "external_id,system,scenario,scenario_version,typology,severity,occurred_at,account,amount,currency,reasons,payload"
    ]
    lines += [
        f'W-{n},Watch,Large cash,1,large_amount,medium,2026-03-02 12:00,B-{n},900.00,EUR,Cash|Often,"{{""branch"": {n}}}"'
        for n in range(1_000)
    ]
    (tmp_path / "alerts.csv").write_text("\n".join(lines) + "\n")
    first, again = (imported(str(tmp_path / "alerts.csv"), batch_size=400) for _ in range(2))
    assert (first["accepted"], len(first["batches"]), again["duplicate"], again["accepted"]) == (1_000, 3, 1_000, 0)
    assert (Alert.objects.count(), CaseAlert.objects.count(), Incident.objects.count()) == (2_000, 2_000, 2_000)
    assert Alert.objects.filter(external__system="Watch").latest("pk").external.payload == {"branch": 999}
    mine = list(Incident.objects.filter(is_sampled=False).order_by("pk"))
    closed = close(mine[:20], analyst)
    assert len(closed.closed) == 20
    chosen = mine[-1]
    case = incident_escalate(actor=analyst, item=chosen, reason="Cash of unknown origin.")
    chosen.refresh_from_db()
    assert (chosen.status, chosen.case, case.alert_count, case.amounts) == ("escalated", case, 1, {"EUR": "90000"})
    assert Incident.objects.filter(status="closed").count() == 20


def imported(file: str, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command(
        "import_alerts", file, source="bank", json=True, no_progress=True, stdout=out, stderr=io.StringIO(), **options
    )
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_a_parquet_file_comes_in_too_with_the_words_of_its_mapping(bank, tmp_path):
    table = pa.table(
        {
            "ID": ["P-1", "P-2"], "Client": ["A-1", "A-2"], "Sev": ["RED", "AMBER"], "Score": [0.25, None],
            "When": [datetime(2026, 3, 2, 12), datetime(2026, 3, 2, 13)], "Why": ["Odd.", None],
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "alerts.parquet")
    mapping = {
        "external_id": "ID", "account": "Client", "system": {"value": "Vigil"}, "scenario": {"value": "Nightly"},
        "typology": {"value": "structuring"}, "severity": {"column": "Sev", "words": {"RED": "block", "AMBER": "medium"}},
        "occurred_at": "When", "score": "Score", "reasons": "Why",
    }  # fmt: skip
    report = imported(str(tmp_path / "alerts.parquet"), mapping=json.dumps(mapping))
    assert (report["accepted"], report["reasons"]) == (2, {})
    alerts = Alert.objects.order_by("pk")
    assert [(each.outcome, each.score, each.external.reasons) for each in alerts] == [
        ("block", 0.25, ["Odd."]), ("review", None, []),
    ]  # fmt: skip


@pytest.mark.parametrize("many", [20, 600])
def test_the_number_of_statements_does_not_grow_with_the_number_of_alerts(
    service, bank, customer, django_assert_max_num_queries, many
):
    rows = [row(n, account=... if n % 2 else f"A-{n % 7}", customer="C-1" if n % 2 else ...) for n in range(many)]
    with django_assert_max_num_queries(90):
        add(service, bank, *rows)


@pytest.mark.parametrize(
    "address", ["detection:alert-list", "detection_api:alert-list", "admin:detection_alert_changelist"]
)
def test_a_list_asks_no_more_for_many_than_for_few(
    service, bank, customer, superuser, address, django_assert_max_num_queries
):
    browser = signed_in(superuser)

    def asked() -> int:
        with django_assert_max_num_queries(100) as queries:
            assert browser.get(reverse(address)).status_code == 200
        return len(queries)

    add(service, bank, row(0), row(1, account=..., customer="C-1"))
    asked()
    few = asked()
    add(service, bank, *(row(n, account=..., customer="C-1") if n % 2 else row(n) for n in range(2, 20)))
    assert asked() <= few


def test_an_incident_asks_no_more_for_many_than_for_few(
    service, bank, customer, analyst, django_assert_max_num_queries
):
    browser = signed_in(analyst)

    def asked() -> int:
        with django_assert_max_num_queries(100) as queries:
            page = browser.get(reverse("cases:incident-detail", args=[Incident.objects.get().reference]))
            assert page.status_code == 200
        return len(queries)

    add(service, bank, *(row(n, account=..., customer="C-1") for n in range(2)))
    asked()
    few = asked()
    add(service, bank, *(row(n, account=..., customer="C-1") for n in range(2, 30)))
    assert asked() <= few


@pytest.mark.parametrize(
    ("payload", "table"),
    [
        ({}, []), ({"a": 1, "b": {"c": [True, None], "d": {}}}, [("a", "1"), ("b.c.1", "true"), ("b.c.2", "–"), ("b.d", "–")]),
        ({"": "x", "a\u202e": "\u0000"}, [("", "x"), ("a\ufffd", "\ufffd")]),
    ],
)  # fmt: skip
def test_a_payload_is_a_table(payload, table):
    assert payload_table(payload) == table


def test_a_payload_as_deep_and_as_wide_as_it_comes_is_a_table():
    deep: Any = "x"
    for _ in range(900):
        deep = {"a": deep}
    assert len(payload_table(deep)) == 1
    assert payload_table({"a": list(range(900))})[-1] == ("…", "Only the first 500 values are listed.")


def test_an_upload_of_the_administration_takes_them_and_what_is_held_back_has_its_page(bank, superuser):
    text = (
        "external_id,system,scenario,typology,occurred_at,account,payload\n"
        'V-1,Vigil,Nightly,structuring,2026-03-02,A-1,"{""a"": 1}"\nV-2,Vigil,Nightly,weather,2026-03-02,A-1,"{""a"": 2}"\n'
    )
    browser = signed_in(superuser)
    file = SimpleUploadedFile("alerts.csv", text.encode())
    response = browser.post(
        reverse("admin:transactions_source_upload", args=[bank.pk]), {"file": file, "kind": "alert"}
    )  # fmt: skip
    assert (response.status_code, Alert.objects.get().external.payload) == (302, {"a": 1})
    waiting = QuarantinedRow.objects.get()
    page = browser.get(reverse("transactions:quarantine-detail", args=[waiting.pk]))
    assert "weather" in page.content.decode()
    listed = browser.get(reverse("transactions:quarantine-file"), {"kind": "alert"})
    lines = b"".join(listed.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("external_id,system,scenario,scenario_version,typology,")
    batch = browser.get(reverse("transactions:batch-detail", args=[waiting.batch_id]))
    assert "Alerts of other systems" in batch.content.decode()


def test_an_account_and_a_customer_of_different_units_are_not_told_in_one_alert(service, bank, customer):
    """Whoever sees the account would learn that the other entity has the customer."""
    factories.account("A-1", of=bank)
    Customer.objects.filter(pk=customer.pk).update(unit=factories.unit("other"))
    result = add(service, bank, row(1, account="A-1", customer="C-1"), row(2, account="A-1", customer=...))
    assert statuses(result) == ["quarantined", "accepted"]
    assert "different units" in QuarantinedRow.objects.get().detail
