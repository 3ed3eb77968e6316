"""Demo data comes in through the services, once, whatever interrupts it."""

import csv
from datetime import date
from itertools import islice

import pytest

from cases.models import Case, Incident
from detection.choices import ModelRole, ModelStage, Typology
from detection.ml.estimators import boosting
from detection.ml.training import pipeline as training_pipeline
from detection.models import Alert, Assessment, ModelVersion, Rule, TrainingRun
from finobs.accounts.models import OrgUnit, User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Invalid
from finobs.demo import data, first_models, loading, organisation, users
from finobs.demo.generator import GENERATED_FIELDS, Plan, generate
from finobs.ledger.models import Event
from finobs.settings import env
from transactions.choices import IngestMethod, LabelOrigin
from transactions.models import Batch, Label, QuarantinedRow, Source, Transaction
from transactions.row_validation import RawRow
from transactions.services import ingest, source_create

from .conftest import SeededDemo

pytestmark = pytest.mark.django_db


def run():
    said: list[str] = []
    data.seed(said.append)
    return "\n".join(said)


@pytest.fixture
def seeded(small):
    run()
    return small


class DataTest(SeededDemo):
    def test_every_row_comes_in_assessed_and_labelled_where_somebody_reported_it(self):
        assert Transaction.objects.count() == Assessment.objects.count() == 1_500
        told = Label.objects.filter(origin=LabelOrigin.TRANSACTION)
        assert 0 < told.count() < 100
        assert not told.exclude(is_suspicious=True, known_at__lt=clock.now()).exists()
        assert not QuarantinedRow.objects.exists()
        assert set(Batch.objects.values_list("method", flat=True)) == {"file"}
        assert {each.unit.code for each in Source.objects.all()} == {"northwind", "southgate"}

    def test_rules_and_a_model_judge_and_alerts_become_incidents(self):
        assert ModelVersion.objects.get().stage == ModelStage.CHAMPION
        assert Rule.objects.filter(live__isnull=False).count() == 6
        first, last = Assessment.objects.order_by("pk").first(), Assessment.objects.order_by("pk").last()
        assert first is not None
        assert first.score is None
        assert last is not None
        assert last.score is not None
        assert Alert.objects.filter(case_alert__isnull=False).count() == Alert.objects.count() > 0
        assert Incident.objects.exists()

    def test_everything_is_in_the_sealed_ledger(self):
        assert data.sealed() == Event.objects.count() > 0
        assert Event.objects.filter(action="batch.ingest").count() == Batch.objects.filter(kind="transaction").count()
        assert (
            Event.objects.filter(action="batch.records").count()
            == Batch.objects.exclude(kind="transaction").count()
            == 10
        )


def test_a_second_run_adds_nothing(seeded, django_assert_max_num_queries):
    before = [model.objects.count() for model in (Transaction, Alert, Case, Batch, Event, ModelVersion)]
    with django_assert_max_num_queries(90):
        said = run()
    assert [model.objects.count() for model in (Transaction, Alert, Case, Batch, Event, ModelVersion)] == before
    assert "1,500 transactions" in said


@pytest.mark.parametrize("after", [0, 2, 3, 5])
def test_the_demo_data_goes_on_where_it_was_interrupted(small, after):
    real, calls = ingest, iter(range(100))

    def breaking(**given):
        if next(calls) == after:
            raise KeyboardInterrupt
        return real(**given)

    small.setattr(loading, "ingest", breaking)
    with pytest.raises(KeyboardInterrupt):
        run()
    # Whole days, with what people did of them.
    assert after - 3 < Batch.objects.filter(kind="transaction").count() <= after
    small.setattr(loading, "ingest", real)
    run()
    assert Transaction.objects.count() == 1_500
    assert not QuarantinedRow.objects.exists()
    assert sum(Batch.objects.values_list("duplicate", flat=True)) == 0
    assert ModelVersion.objects.count() == 1


def test_another_day_or_size_leaves_what_is_there(seeded):
    Source.objects.filter(slug="northwind").update(created_at="2020-01-01T00:00:00Z")
    seeded.setattr(env, "SEED_TRANSACTIONS", 9_000)
    said = run()
    assert Transaction.objects.count() == 1_500
    assert "is there already" in said


@pytest.mark.parametrize("name", ["mine.csv", "bank rows.csv", ""])
def test_files_that_people_bring_into_its_source_do_not_stop_the_next_start(seeded, name):
    row = {"external_id": "Q-1", "account": "A-1", "occurred_at": "2026-03-02T10:00:00Z", "amount": "5.00"}
    ingest(
        actor=system_actor("import"), source=Source.objects.get(slug="northwind"), file_name=name,
        method=IngestMethod.FILE, first_row=1, rows=[RawRow(row | {"currency": "USD", "direction": "out"})],
    )  # fmt: skip
    run()
    assert Transaction.objects.count() == 1_501


def test_too_few_rows_for_a_model_leave_the_rules_alone(small):
    small.setattr(env, "SEED_TRANSACTIONS", 60)
    small.setattr(env, "DEMO_CUSTOMERS", 20)
    assert "rules decide alone" in run()
    assert Transaction.objects.count() == 60
    assert not ModelVersion.objects.exists()


def test_every_typology_has_a_queue_of_the_organisation_and_none_has_two():
    listed = [str(name) for row in organisation.GROUP_QUEUES for name in row["typologies"]]
    assert sorted(listed) == sorted(Typology.values)


def test_an_installation_with_the_demo_of_before_stays_as_it_is(small):
    actor = system_actor("import")
    source = source_create(actor=actor, slug=data.OWN_SOURCE, name="Demo payments")
    row = {"external_id": "Q-1", "account": "A-1", "occurred_at": "2026-03-02T10:00:00Z", "amount": "5.00"}
    ingest(
        actor=actor, source=source, file_name="generated size=1 accounts=1 days=1 seed=1 end=2026-11-01",
        method=IngestMethod.FILE, first_row=1, rows=[RawRow(row | {"currency": "USD", "direction": "out"})],
    )  # fmt: skip
    assert "of an earlier finobs" in run()
    assert Transaction.objects.count() == 1
    assert not OrgUnit.objects.exclude(parent=None).exists()
    assert User.objects.filter(email=f"analyst@{users.DOMAIN}").exists()


def test_a_file_of_ones_own_takes_the_generators_place(small, tmp_path):
    rows = list(islice(generate(Plan(900, 30, 20, 1, date(2026, 11, 1))), 900))
    with (tmp_path / "own.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, GENERATED_FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    small.setattr(env, "DEMO_DATA", str(tmp_path / "own.csv"))
    run()
    run()
    assert Transaction.objects.count() == 900
    assert Batch.objects.filter(file_name="own.csv").count() == len(Batch.objects.all())


def test_a_file_like_the_handbooks_is_known_by_its_columns(small, tmp_path):
    import pyarrow
    import pyarrow.parquet

    size = 800
    table = pyarrow.table(
        {
            "transaction_id": list(range(size)), "customer_id": [n % 20 for n in range(size)],
            "terminal_id": [n % 50 for n in range(size)],
            "tx_datetime": [f"2026-03-{1 + n // 40:02d}T10:{n % 60:02d}:00" for n in range(size)],
            "amount": [f"{10 + n % 90}.00" for n in range(size)], "is_fraud": [0] * size, "fraud_scenario": [0] * size,
        }
    )  # fmt: skip
    pyarrow.parquet.write_table(table, tmp_path / "payments.parquet")
    small.setattr(env, "DEMO_DATA", str(tmp_path / "payments.parquet"))
    small.setattr(env, "DEMO_TRANSACTIONS", 700)
    run()
    assert Source.objects.get().slug == "handbook"
    assert Transaction.objects.count() == 700


def test_a_file_that_is_not_there_or_cannot_be_read_is_said_so(small, tmp_path):
    small.setattr(env, "DEMO_DATA", str(tmp_path / "none.csv"))
    with pytest.raises(Invalid, match="no file"):
        run()
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    small.setattr(env, "DEMO_DATA", str(tmp_path / "odd.csv"))
    with pytest.raises(Invalid, match="DEMO_MAPPING"):
        run()


def test_a_training_that_was_killed_is_taken_up_at_the_next_start(small):
    def killed(*given):
        raise KeyboardInterrupt

    with small.context() as broken:
        broken.setattr(training_pipeline, "train_candidate", killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert TrainingRun.objects.get().state == "running"
    assert "is in force from here on" in run()
    assert ModelVersion.objects.get().stage == ModelStage.CHAMPION
    assert TrainingRun.objects.get(role="anomaly").attempts == 2


def test_with_enough_outcomes_a_model_learns_from_them_at_the_end(small):
    small.setattr(boosting, "MIN_CONFIRMED", 3)
    said = run()
    assert "supervised v1 learned from" in said
    before = ModelVersion.objects.count()
    assert "supervised" not in run()
    assert ModelVersion.objects.count() == before == 2


def test_the_last_part_is_scored_by_both_models(small):
    small.setattr(boosting, "MIN_CONFIRMED", 2)
    small.setattr(first_models, "MIN_CONFIRMED", 2)
    small.setattr(env, "DEMO_DAYS", 60)  # so that most of it has had its days for an outcome
    run()
    learned = ModelVersion.objects.get(role=ModelRole.SUPERVISED)
    by_both = Assessment.objects.filter(model_version=learned, anomaly_version__role=ModelRole.ANOMALY)
    assert 0 < by_both.count() <= 250
    newest = Transaction.objects.order_by("-pk").values_list("pk", flat=True)[: by_both.count()]
    assert set(by_both.values_list("transaction_id", flat=True)) == set(newest)


def test_with_few_outcomes_it_says_what_is_missing(seeded):
    assert "5000 is the least. No model learns from outcomes yet." in run()
