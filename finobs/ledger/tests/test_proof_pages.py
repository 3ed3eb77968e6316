"""Proofs for outsiders: what pages and API give holds for the offline verifier, and rubbish is refused in words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from finobs.accounts.models import User
from finobs.ledger.models import Checkpoint, Event
from finobs.ledger.note import VerifierKey
from finobs.ledger.offline import verify as offline
from finobs.ledger.services import record
from finobs.ledger.services.seal import seal
from finobs.ledger.tests.conftest import Fill
from tests import factories

NOBODYS = "00000000-0000-4000-8000-000000000000"
PROOF_ADDRESSES = ["/ledger/events/{uid}/proof.json", "/api/v1/ledger/events/{uid}/proof"]
CONSISTENCY_ADDRESSES = ["/ledger/consistency.json", "/api/v1/ledger/consistency"]


def get(person: User, address: str, **query: Any) -> Any:
    client = Client()
    client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return client.get(address, query)


def decoded(document: dict[str, Any]) -> list[bytes]:
    return [offline.decoded(item) for item in document["path"]]


def opened(note: str, key: VerifierKey) -> tuple[int, bytes]:
    return offline.open_checkpoint(note, [offline.Key(str(key))], settings.LEDGER_ORIGIN)


def checked(file: Path, key: VerifierKey, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The verifier in a process that sees no installed packages."""
    program = str(Path(offline.__file__))
    command = [sys.executable, "-I", "-S", program, str(file), "--vkey", str(key), "--json", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    return run.returncode, json.loads(run.stdout)


@pytest.mark.parametrize("address", PROOF_ADDRESSES)
@pytest.mark.parametrize("size", [None, 12])
def test_the_inclusion_proof_of_every_event_holds_for_the_offline_verifier(
    auditor: User, sealed: list[Event], ledger_key: VerifierKey, address: str, size: int | None
) -> None:
    for index, event in enumerate(sealed):
        query = {} if size is None else {"size": size}
        document = get(auditor, address.format(uid=event.uid), **query).json()
        under, root = opened(document["checkpoint"], ledger_key)
        assert under == document["size"] == (size or 3 * (index // 3 + 1))
        leaf, path = offline.decoded(document["leaf"]), decoded(document)
        assert leaf == offline.leaf_hash(bytes(event.body))
        assert offline.included(leaf, document["seq"], under, path, root)
        assert not offline.included(leaf, (document["seq"] + 1) % under, under, path, root)


@pytest.mark.parametrize("address", CONSISTENCY_ADDRESSES)
def test_the_consistency_proof_of_two_checkpoints_holds_for_the_offline_verifier(
    auditor: User, sealed: list[Event], ledger_key: VerifierKey, address: str
) -> None:
    for old, new in ((3, 6), (3, 12), (6, 9), (9, 12), (12, 12)):
        document = get(auditor, address, **{"from": old, "to": new}).json()
        (old_size, old_root), (new_size, new_root) = (
            opened(document[f"{name}_checkpoint"], ledger_key) for name in ("old", "new")
        )
        assert (old_size, new_size) == (document["old"], document["new"]) == (old, new)
        assert offline.consistent(old, new, old_root, new_root, decoded(document))
        assert not offline.consistent(old, new, new_root, bytes(32), decoded(document))


def test_the_page_and_the_api_give_the_same_proof(auditor: User, sealed: list[Event]) -> None:
    (page, api), (pages, apis) = (
        [get(auditor, address.format(uid=sealed[4].uid), **query).json() for address in addresses]
        for addresses, query in ((PROOF_ADDRESSES, {"size": 9}), (CONSISTENCY_ADDRESSES, {"from": 3, "to": 9}))
    )
    assert page == api
    assert pages == apis


def test_a_downloaded_proof_verifies_by_the_program_alone(
    auditor: User, sealed: list[Event], ledger_key: VerifierKey, tmp_path: Path
) -> None:
    answer = get(auditor, f"/ledger/events/{sealed[4].uid}/proof.json", size=12)
    assert answer["Content-Disposition"] == 'attachment; filename="ledger-record-4-of-12.json"'
    file = tmp_path / "proof.json"
    file.write_bytes(answer.content)
    code, result = checked(file, ledger_key)
    assert (code, result["ok"], result["kind"], result["size"]) == (0, True, "inclusion", 12)
    assert result["root"] == bytes(Checkpoint.objects.get(size=12).root).hex()
    file.write_bytes(get(auditor, "/ledger/consistency.json", **{"from": 6, "to": 12}).content)
    kept = tmp_path / "kept.txt"
    kept.write_text(Checkpoint.objects.get(size=6).note)
    code, result = checked(file, ledger_key, "--checkpoint", str(kept))
    assert (code, result["summary"]) == (0, "the log of 12 records extends the one of 6")
    kept.write_text(Checkpoint.objects.get(size=9).note)
    code, result = checked(file, ledger_key, "--checkpoint", str(kept))
    assert (code, result["wrong"]) == (1, "this proof says nothing of the checkpoint of 9 records that you hold")


CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "another place": ("inclusion", {"seq": 5}, "record 5 is not in the log"),
    "another leaf": ("inclusion", {"leaf": "A" * 43 + "="}, "record 4 is not in the log"),
    "another size": ("inclusion", {"size": 9}, "for a log of 9 records, its checkpoint is of 12"),
    "a shorter path": ("inclusion", {"path": []}, "record 4 is not in the log"),
    "another text": ("inclusion", {"body": "e30="}, "the text is not that of record 4"),
    "another log": ("inclusion", {"origin": "elsewhere"}, "this is no checkpoint of elsewhere"),
    "an older size": ("consistency", {"old": 3}, "the proof says old is 3, its checkpoint is of 6"),
    "no path": ("consistency", {"path": []}, "does not extend the one of 6"),
    "another kind": ("consistency", {"kind": "inclusion"}, "expected format"),
    "an unknown kind": ("consistency", {"kind": "other"}, "not a proof that this program knows"),
    "an unknown format": ("consistency", {"format": "other/1"}, "not a proof that this program knows"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_program_refuses_a_proof_that_was_changed(
    superuser: User, sealed_case: Event, ledger_key: VerifierKey, change: str
) -> None:
    kind, fields, words = CHANGES[change]
    address, query = (
        (f"/ledger/events/{sealed_case.uid}/proof.json", {"size": 12})
        if kind == "inclusion"
        else ("/ledger/consistency.json", {"from": 6, "to": 12})
    )
    document = get(superuser, address, **query).json()
    keys = [offline.Key(str(ledger_key))]
    assert offline.verify_proof(json.dumps(document), keys, [])["ok"] is True
    with pytest.raises(offline.Wrong, match=words):
        offline.verify_proof(json.dumps(document | fields), keys, [])


@pytest.fixture
def sealed_case(ledger_key: VerifierKey, fill: Fill, queue: Any, clerk: User) -> Event:
    """Record 4 of 12 is about a case; checkpoints at 6 and 12."""
    fill(4)
    with transaction.atomic():
        event = record(actor=clerk, action="case.open", subject=factories.case(inside=queue), data={"secret": "Berlin"})
    fill(1)
    seal()
    fill(6)
    seal()
    return event


def test_the_proof_has_the_text_only_for_who_may_see_its_subject(auditor: User, sealed_case: Event) -> None:
    outsider = factories.user("Olga Outsider", role="auditor")
    for address in PROOF_ADDRESSES:
        own, others = (get(person, address.format(uid=sealed_case.uid)).json() for person in (auditor, outsider))
        assert offline.decoded(own["body"]) == bytes(sealed_case.body)
        assert others == own | {"uid": None, "body": None}


def test_a_proof_without_the_text_holds_and_says_what_is_missing(sealed_case: Event, ledger_key: VerifierKey) -> None:
    outsider = factories.user("Olga Outsider", role="auditor")
    text = get(outsider, f"/ledger/events/{sealed_case.uid}/proof.json").content.decode()
    result = offline.verify_proof(text, [offline.Key(str(ledger_key))], [])
    assert "neither its id nor its text is in the proof" in str(result["summary"])
    for uid in (sealed_case.uid, Event.objects.exclude(pk=sealed_case.pk)[0].uid):
        with pytest.raises(offline.Wrong, match="both or neither"):
            offline.verify_proof(json.dumps(json.loads(text) | {"uid": str(uid)}), [offline.Key(str(ledger_key))], [])
    page = get(outsider, f"/ledger/events/{sealed_case.uid}/proof/").content.decode()
    assert "hash alone" in page
    assert "Berlin" not in page


def test_the_pages_show_the_proof_to_copy_and_where_to_download_it(auditor: User, sealed: list[Event]) -> None:
    page = get(auditor, f"/ledger/events/{sealed[4].uid}/proof/").content.decode()
    assert "Record 4 is in the log of 6" in page
    assert f"/ledger/events/{sealed[4].uid}/proof.json?size=6" in page
    assert "finobs-ledger-proof/1" in page.split("<textarea")[1].split("</textarea>")[0]
    page = get(auditor, "/ledger/consistency/", **{"from": 6}).content.decode()
    assert "The log of 12 records extends the one of 6" in page
    assert "/ledger/consistency.json?from=6&amp;to=12" in page
    assert '<option value="9">' in page
    assert "<textarea" not in get(auditor, "/ledger/consistency/").content.decode()


RUBBISH: dict[str, tuple[dict[str, Any], str]] = {
    "beyond the log": ({"from": 6, "to": 13}, "There is no checkpoint of 13 records; the newest has 12."),
    "between checkpoints": ({"from": 4, "to": 12}, "There is no checkpoint of 4 records; the newest has 12."),
    "backwards": ({"from": 12, "to": 6}, "The older log cannot have more records than the newer, 6."),
    "nothing": ({"from": 0, "to": 12}, ""),
    "no number": ({"from": "six", "to": 12}, ""),
    "more than a number can be": ({"from": "9" * 30, "to": 12}, ""),
}


@pytest.mark.parametrize("address", ["/ledger/consistency/", *CONSISTENCY_ADDRESSES])
@pytest.mark.parametrize("case", RUBBISH)
def test_a_consistency_proof_of_sizes_that_nobody_signed_is_refused_in_words(
    auditor: User, sealed: list[Event], address: str, case: str
) -> None:
    query, words = RUBBISH[case]
    answer = get(auditor, address, **query)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "finobs-ledger-proof" not in answer.content.decode()


@pytest.mark.parametrize("address", ["/ledger/events/{uid}/proof/", *PROOF_ADDRESSES])
def test_an_inclusion_proof_under_a_checkpoint_that_does_not_seal_the_event_is_refused_in_words(
    auditor: User, sealed: list[Event], address: str
) -> None:
    for size, words in ((3, "The event is record 4: the log of 3 records ends before it."),
                        (7, "There is no checkpoint of 7 records; the newest has 12."),
                        (99, "There is no checkpoint of 99 records; the newest has 12."), ("six", "")):  # fmt: skip
        answer = get(auditor, address.format(uid=sealed[4].uid), size=size)
        assert answer.status_code == 422
        assert words in answer.content.decode()


@pytest.mark.parametrize("address", ["/ledger/events/{uid}/proof/", *PROOF_ADDRESSES])
def test_the_proof_of_an_unknown_event_is_404_and_of_a_waiting_one_a_conflict(
    auditor: User, ledger_key: VerifierKey, fill: Fill, address: str
) -> None:
    assert get(auditor, address.format(uid=NOBODYS)).status_code == 404
    answer = get(auditor, address.format(uid=fill(1)[0].uid))
    assert answer.status_code == 409
    assert "not sealed yet" in answer.content.decode()


def test_who_may_not_read_the_ledger_gets_no_proof(stranger: User, sealed: list[Event]) -> None:
    for address in ("/ledger/events/{uid}/proof/", *PROOF_ADDRESSES):
        assert get(stranger, address.format(uid=sealed[0].uid)).status_code == 404
    for address in ("/ledger/consistency/", *CONSISTENCY_ADDRESSES):
        assert get(stranger, address, **{"from": 3, "to": 6}).status_code == 403
    assert get(stranger, reverse("ledger:consistency-proof")).status_code == 403
