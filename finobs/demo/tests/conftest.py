from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.test import TestCase, override_settings

from detection.ml.estimators import boosting
from finobs.demo import data, first_models, loading
from finobs.settings import env


@pytest.fixture
def small(monkeypatch, tmp_path, settings):
    """A small demo with a folder and a ledger key of its own."""
    settings.LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    settings.LEDGER_VKEYS_FILE = str(tmp_path / "ledger.vkeys")
    return make_small(monkeypatch, tmp_path)


class SeededDemo(TestCase):
    """One small demo for all tests of a class, which only look at it."""

    size, days = 1_500, 40

    @classmethod
    def setUpTestData(cls):
        folder = Path(cls.enterClassContext(TemporaryDirectory()))
        files = {"LEDGER_KEY_FILE": str(folder / "ledger.key"), "LEDGER_VKEYS_FILE": str(folder / "ledger.vkeys")}
        cls.enterClassContext(override_settings(**files))
        patch = cls.enterClassContext(pytest.MonkeyPatch.context())
        make_small(patch, folder)
        patch.setattr(env, "SEED_TRANSACTIONS", cls.size)
        patch.setattr(env, "DEMO_DAYS", cls.days)
        messages: list[str] = []
        data.seed(messages.append)


def make_small(monkeypatch, tmp_path):
    from finobs.ledger import keys

    keys.create()
    changed = {
        "VAR_DIR": tmp_path, "SEED_TRANSACTIONS": 1_500, "DEMO_CUSTOMERS": 40, "DEMO_DAYS": 40, "SEED": 5,
        "DEMO_DATA": "", "DEMO_MAPPING": "", "DEMO_TRANSACTIONS": 0,
    }  # fmt: skip
    for name, value in changed.items():
        monkeypatch.setattr(env, name, value)
    monkeypatch.setattr(loading, "ROWS_PER_BATCH", 250)
    # More outcomes than the stories of a small demo have: only a test that asks for it learns from them.
    for module in (boosting, first_models):
        monkeypatch.setattr(module, "MIN_CONFIRMED", 5_000)
    monkeypatch.setattr(first_models, "ANOMALY_TRAINING_SHARE", 0.5)
    monkeypatch.setattr(first_models, "SUPERVISED_TRAINING_SHARE", 5 / 6)
    return monkeypatch
