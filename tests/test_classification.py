"""Every field of every model is classified, and what is personal or secret is said nowhere that outlives it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from django.db import models

from approvals.models import ApprovalRequest
from finobs.core.classification import (
    INTERNAL,
    PERSONAL,
    SECRET,
    STAFF,
    Classification,
    Unclassified,
    classification_of,
    declaration_of,
    personal_fields,
)
from finobs.core.errors import ApprovalRequired
from finobs.ledger import keys
from finobs.ledger.models import Event
from finobs.settings.env import BASE_DIR
from tests.support import scenes
from tests.support.classified import our_models, record_table, table, values_of
from transactions.models import Customer, CustomerProfile, QuarantinedRow
from transactions.parties.profile import CURRENT_FIELDS

DOCUMENT = BASE_DIR / "docs" / "data-classification.md"
# Shorter ones occur by chance in ids, hashes and numbers.
MIN_TEXT = 6


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label_lower)
def test_every_field_is_classified_and_no_field_is_declared_that_is_none(model: Any) -> None:
    assert {classification_of(field) for field in model._meta.concrete_fields} <= set(Classification)
    assert declaration_of(model).keys() - {field.name for field in model._meta.concrete_fields} == set()


def test_the_models_of_all_apps_are_among_them() -> None:
    labels = {model._meta.app_label for model in our_models()}
    assert labels >= {"accounts", "approvals", "cases", "core", "detection", "ledger", "transactions"}
    assert len(our_models()) > 45


def test_a_text_of_which_nobody_says_what_it_holds_is_refused() -> None:
    text, number, key = models.TextField(), models.IntegerField(), models.BigAutoField()
    for field in (text, number, key):
        field.model, field.name = Customer, "nickname"
    with pytest.raises(Unclassified, match=r"transactions\.Customer\.nickname"):
        classification_of(text)
    # Beside what is personal, a number may be a year of birth.
    with pytest.raises(Unclassified):
        classification_of(number)
    assert classification_of(key) is INTERNAL


@pytest.mark.parametrize("model", [each for each in our_models() if hasattr(each, "history")])
def test_a_history_has_no_secret_and_says_what_is_personal_under_a_salt(model: Any) -> None:
    tracked = {field.name for field in model.history.model.tracked_fields}
    assert {name for name, kind in declaration_of(model).items() if kind is SECRET} & tracked == set()
    assert not personal_fields(model) or declaration_of(model)["salt"] is SECRET
    history = model.history.model
    assert all(classification_of(history._meta.get_field(name)) for name in tracked)


def test_erasure_overwrites_what_is_personal_of_a_customer() -> None:
    assert personal_fields(Customer) == set(CURRENT_FIELDS)
    assert personal_fields(CustomerProfile) == {"profile", "reason"}
    assert personal_fields(QuarantinedRow) == {"external_id", "raw", "raw_digest", "fields", "detail"}


def test_the_document_shows_the_classification_as_it_is() -> None:
    text = DOCUMENT.read_text()
    assert table() in text, "python -m tests.support.classified prints it"
    assert record_table() in text, "python -m tests.support.classified prints it"
    for each in (PERSONAL, STAFF, SECRET, INTERNAL):
        assert f"**{each}**" in text


def said(kind: Classification) -> dict[str, str]:
    """Texts of that kind that stand anywhere in the database, and in nothing of the organisation's own."""
    every = {
        text: f"{model._meta.label}.{name}" for model in our_models() for name, text in values_of(model, kind)
        if len(text) >= MIN_TEXT
    }  # fmt: skip
    # What is asked for holds what its subject does: that it is said there too makes it nobody's own.
    elsewhere = (Event, ApprovalRequest)
    own = {text for model in our_models() if model not in elsewhere for _, text in values_of(model, INTERNAL)}
    return {text: where for text, where in every.items() if text not in own}


@pytest.fixture
def ledger_files(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    settings.LEDGER_VKEYS_FILE = str(tmp_path / "ledger.vkeys")
    keys.create()


@pytest.mark.django_db
@pytest.mark.usefixtures("ledger_files")
@pytest.mark.parametrize("name", sorted(scenes.SCENES))
def test_no_event_and_no_log_line_of_any_act_says_what_is_personal_or_secret(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene = scenes.build(name)
    # Before and after: what an act erases was there before.
    texts = said(PERSONAL) | said(SECRET)
    try:
        scene.act(scene.person)
    except ApprovalRequired:
        assert Event.objects.filter(action="approval.request").exists()
    texts |= said(PERSONAL) | said(SECRET)
    bodies = b"\n".join(bytes(body) for body in Event.objects.values_list("body", flat=True)).decode()
    lines = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("finobs"))
    assert [where for text, where in texts.items() if text in bodies] == []
    assert [where for text, where in texts.items() if text in lines] == []
