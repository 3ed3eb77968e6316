"""The demo's bank in the database: records, payments, a late feed, and two entities that do not see each other."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.db.models import F

from cases.models import Case, Incident
from cases.selectors import incidents_visible
from cases.services import incident_close
from detection.models import Alert
from finobs.accounts.models import OrgUnit, User
from finobs.core import access, clock
from finobs.demo import bank_records, data, users
from finobs.demo.bank import BankPlan, make_world
from finobs.demo.bank.entities import ENTITIES
from finobs.demo.desk import triage
from finobs.ledger.models import Event
from finobs.settings import env
from transactions.choices import DeliveryFaultKind, DeliveryState
from transactions.models import (
    Account,
    AccountDetails,
    AccountParty,
    Batch,
    Counterparty,
    Customer,
    CustomerProfile,
    Delivery,
    DeliveryFault,
    ExchangeRate,
    PartyRelation,
    Source,
    Transaction,
)

from .conftest import SeededDemo


def run():
    messages: list[str] = []
    data.seed(messages.append)
    return "\n".join(messages)


def world_of_demo():
    return make_world(BankPlan.of_name(Batch.objects.filter(kind="transaction").earliest("pk").file_name))


def person(box):
    return User.objects.get(email=f"{box}@{users.DOMAIN}")


class BankSeedTest(SeededDemo):
    def test_every_customer_party_and_relation_of_the_world_is_in(self):
        world = world_of_demo()
        assert Customer.objects.count() == len(world.customers)
        assert CustomerProfile.objects.count() == sum(len(each.profiles()) for each in world.customers)
        assert AccountParty.objects.count() == sum(len(each.parties) for each in world.accounts)
        assert PartyRelation.objects.count() == len(world.ties)
        profile = CustomerProfile.objects.get(customer__external_id=world.customers[0].external_id).profile
        assert profile["name"] == world.customers[0].profile["name"]
        assert profile["expected_activity"][0]["currency"] == "USD"

    def test_accounts_have_their_kind_currency_and_branch(self):
        world = world_of_demo()
        assert AccountDetails.objects.count() == len(world.accounts)
        rows = {each.external_id: each for each in Account.objects.select_related("unit", "details")}
        for each in world.accounts:
            row = rows[each.external_id]
            assert (row.details.kind, row.details.currency) == (each.kind, each.entity.currency)
            assert row.details.opened_on == each.opened_on
            branch = f"{each.entity.code}-{each.branch}" if each.branch else each.entity.code
            assert row.unit.code == branch
        assert not Transaction.objects.exclude(unit=F("account__unit")).exists()

    def test_all_counterparties_have_a_kind_and_a_name(self):
        rows = Counterparty.objects.select_related("details")
        assert rows.exists()
        assert all(each.details.kind != "unknown" and each.details.name for each in rows)

    def test_rates_of_the_days_are_there(self):
        assert set(ExchangeRate.objects.values_list("base", "quote")) == {("EUR", "USD"), ("EUR", "GBP")}

    def test_balances_and_attributes_came_in(self):
        assert not Transaction.objects.filter(balance_after_minor=None).exists()
        assert Transaction.objects.filter(attributes__has_key="mcc").exists()
        assert Alert.objects.filter(typology="structuring").exists()

    def test_nothing_occurred_after_the_moment_of_seeding(self):
        assert not Transaction.objects.filter(occurred_at__gte=F("received_at")).exists()
        assert not Transaction.objects.filter(occurred_at__gte=clock.now()).exists()

    def test_a_company_was_rated_high_when_its_owners_had_changed(self):
        company = next(each.customers[0] for each in world_of_demo().plays if each.story == "shell")
        profiles = CustomerProfile.objects.filter(customer__external_id=company).order_by("valid_from")
        assert [each.profile["risk_rating"] for each in profiles] == ["medium", "high"]
        assert Customer.objects.get(external_id=company).risk_rating == "high"

    def test_no_alert_says_block_of_what_was_settled_before_it_came_in(self):
        assert set(Alert.objects.values_list("outcome", flat=True)) == {"review"}

    # Who sees what.

    def test_people_of_an_entity_see_its_customers_accounts_and_payments_alone(self):
        for entity, box in product(ENTITIES, ("analyst", "lead")):
            inside = {each.pk for each in OrgUnit.objects.filter(code__startswith=entity.code)}
            user = person(f"{box}.{entity.code}")
            visible = [
                {each.unit_id for each in access.restrict(Customer.objects.all(), user, "view")},
                {each.unit_id for each in access.restrict(Account.objects.all(), user, "view")},
                {each.unit_id for each in access.restrict(Transaction.objects.all(), user, "view")},
            ]
            assert all(units and units <= inside for units in visible)
            sources = access.restrict(Source.objects.all(), user, "view").values_list("slug", flat=True)
            assert list(sources) == [entity.code]

    def test_people_of_an_entity_see_incidents_of_its_own_queue_alone(self):
        for entity in ENTITIES:
            visible = incidents_visible(person(f"analyst.{entity.code}"))
            assert visible.exists()
            assert {each.queue.slug for each in visible.select_related("queue")} == {f"aml-{entity.code}"}

    def test_people_of_the_organisation_see_both(self):
        for box in ("analyst", "analyst2", "lead", "lead2", "viewer", "auditor", "admin"):
            visible = access.restrict(Transaction.objects.all(), person(box), "view")
            assert visible.count() == Transaction.objects.count(), box
        assert incidents_visible(person("analyst")).exists()

    def test_incidents_go_to_the_queue_of_their_entity_and_fraud_is_shared(self):
        for item in [*Incident.objects.select_related("queue", "unit"), *Case.objects.select_related("queue", "unit")]:
            entity = item.unit.code.split("-")[0]
            assert item.queue.slug in (f"aml-{entity}", "fraud")

    # The late feed.

    def test_one_delivery_is_short_the_last_is_whole_and_the_rest_is_on_its_way(self):
        deliveries = list(Delivery.objects.order_by("business_date"))
        assert [each.state for each in deliveries[:2]] == [DeliveryState.SHORT, DeliveryState.COMPLETE]
        assert {each.state for each in deliveries[2:]} <= {DeliveryState.INCOMPLETE}
        assert set(DeliveryFault.objects.filter(delivery=deliveries[0]).values_list("kind", flat=True)) == {
            DeliveryFaultKind.SHORT, DeliveryFaultKind.LATE,
        }  # fmt: skip
        assert deliveries[1].business_date - deliveries[0].business_date == timedelta(days=7)
        assert not deliveries[1].is_late
        late_rows = Transaction.objects.filter(batch__of_delivery__delivery=deliveries[0]).count()
        assert late_rows == deliveries[0].received_rows > 0
        assert deliveries[0].control_rows == late_rows + 7


# Interruptions.


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("records_add", 0), ("records_add", 1), ("records_add", 5), ("records_add", 8), ("records_add", 9),
        ("exchange_rates_add", 0),
    ],
)  # fmt: skip
def test_records_go_on_where_they_were_interrupted(small, name, after):
    real, calls = getattr(bank_records, name), iter(range(1_000_000))

    def breaking(**given):
        if next(calls) == after:
            raise KeyboardInterrupt
        return real(**given)

    with small.context() as broken:
        broken.setattr(bank_records, name, breaking)
        with pytest.raises(KeyboardInterrupt):
            run()
    run()
    world = make_world(BankPlan.of_name(Batch.objects.filter(kind="transaction").earliest("pk").file_name))
    assert Customer.objects.count() == len(world.customers)
    assert CustomerProfile.objects.count() == sum(len(each.profiles()) for each in world.customers)
    assert AccountDetails.objects.count() == len(world.accounts)
    assert Transaction.objects.count() == 1_500
    assert sum(Batch.objects.values_list("duplicate", flat=True)) == 0
    assert not bank_records.incomplete(Source.objects.get(slug="northwind"))


@pytest.mark.django_db
def test_what_people_do_goes_on_where_it_was_interrupted(small):
    real, calls = incident_close, iter(range(1_000))

    def breaking(**given):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(**given)

    with small.context() as broken:
        broken.setattr(triage, "incident_close", breaking)
        with pytest.raises(KeyboardInterrupt):
            run()
    before = Transaction.objects.count()
    assert 0 < before < 1_500
    run()
    assert Transaction.objects.count() == 1_500
    times = list(Event.objects.filter(action__startswith="incident.").order_by("pk").values_list("at", flat=True))
    assert times == sorted(times)
    assert Incident.objects.filter(status="closed").exists()


@pytest.mark.django_db
def test_a_delivery_whose_end_was_not_said_is_ended_at_the_next_start(small):
    from finobs.demo import deliveries

    def killed(**given):
        raise KeyboardInterrupt

    with small.context() as broken:
        broken.setattr(deliveries, "delivery_end", killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert not Delivery.objects.exclude(ended_at=None).exists()
    run()
    assert Delivery.objects.exclude(ended_at=None).count() == 2


def test_by_default_there_is_a_customer_for_each_fifty_payments():
    assert env.DEMO_CUSTOMERS == 2_000
