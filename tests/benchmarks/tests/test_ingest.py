"""The ingest benchmark measures what it says it measures."""

import pytest

from detection.models import Assessment
from tests.benchmarks import registry
from tests.benchmarks.ingest import LEARNED
from transactions.models import Label, Transaction

pytestmark = pytest.mark.django_db


def test_the_benchmark_of_ingest_takes_the_rows_in_by_rules_alone_with_both_models_and_plainly():
    result = registry.measure(registry.registered()["ingest"], 1_200)
    assert Transaction.objects.count() == LEARNED + 3 * 1_200
    assert Assessment.objects.count() == LEARNED + 2 * 1_200
    scored = Assessment.objects.filter(score__isnull=False, anomaly_score__isnull=False)
    assert scored.count() == 1_200
    assert set(scored.values_list("model_version__role", "anomaly_version__role")) == {("supervised", "anomaly")}
    for name in ("per_second", "rules_only_per_second", "bulk_create_per_second", "share_of_bulk_create"):
        assert result[name] > 0
    assert result["operations"] == 1


def test_a_filled_window_is_measured_at_the_last_slice_of_a_file(monkeypatch):
    monkeypatch.setattr("tests.benchmarks.ingest.SLICE", 10_000)
    monkeypatch.setattr("tests.benchmarks.ingest._learn", lambda _: None)
    result = registry.measure(registry.registered()["ingest_filled"], 10_500)
    assert list(result["slices"]) == ["0", "10,000"]
    assert result["rows_before"] == 10_000
    assert result["operations"] == 1
    assert result["per_second"] == pytest.approx(result["slices"]["10,000"])
    assert Label.objects.filter(transaction__source__slug="filled").exists()
    assert result["share_of_bulk_create"] > 0
