"""What a process keeps for its threads: none is lost to another's tidying up."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from detection.ml import scoring
from detection.ml.explain import explainer, reason_codes
from detection.models import ModelVersion
from detection.remembered import remember


class Crowded(dict[Any, Any]):
    """Another thread forgets everything the moment it is kept."""

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.clear()


def test_the_oldest_is_forgotten():
    kept: dict[int, str] = {}
    assert [remember(kept, number, str(number), 2) for number in range(4)] == ["0", "1", "2", "3"]
    assert kept == {2: "2", 3: "3"}


@pytest.mark.parametrize("most", [1, 3])
def test_what_was_made_is_the_answer_whatever_others_forget(most):
    assert remember(Crowded(), "key", "made", most) == "made"


def test_sessions_explainers_and_tables_outlive_the_tidying_of_others(monkeypatch):
    version = ModelVersion(pk=1, number=1, feature_set="account-1", sha256="0" * 64, artefact=b"")
    monkeypatch.setattr(scoring, "_sessions", Crowded())
    monkeypatch.setattr(scoring, "verified_artefact", lambda *_: b"")
    monkeypatch.setattr(scoring, "open_session", lambda _: "session")
    assert scoring.session_of(version) == "session"
    made: Any = object()
    module = sys.modules[explainer.__module__]
    monkeypatch.setattr(module, "_explainers", Crowded())
    monkeypatch.setattr(module, "Explainer", lambda _: made)
    assert explainer(version) is made
    monkeypatch.setattr(reason_codes, "_tables", Crowded())
    assert reason_codes._table(version) == []
