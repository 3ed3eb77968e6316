from __future__ import annotations

import pytest

from finobs.demo import data, first_models
from finobs.settings import env


@pytest.fixture
def small(monkeypatch, tmp_path, settings):
    """A small demo with a folder and a ledger key of its own."""
    from finobs.ledger import keys

    settings.LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    settings.LEDGER_VKEYS_FILE = str(tmp_path / "ledger.vkeys")
    keys.create()
    changed = {
        "VAR_DIR": tmp_path, "SEED_TRANSACTIONS": 1_500, "SEED_ACCOUNTS": 40, "SEED_DAYS": 20, "SEED": 5,
        "DEMO_DATA": "", "DEMO_MAPPING": "", "DEMO_TRANSACTIONS": 0,
    }  # fmt: skip
    for name, value in changed.items():
        monkeypatch.setattr(env, name, value)
    monkeypatch.setattr(data, "ROWS_PER_BATCH", 250)
    monkeypatch.setattr(first_models, "ANOMALY_TRAINING_SHARE", 0.5)
    monkeypatch.setattr(first_models, "SUPERVISED_TRAINING_SHARE", 5 / 6)
    return monkeypatch
