"""Signed notes: what is accepted, what is ignored, what is refused (c2sp.org/signed-note)."""

from __future__ import annotations

import base64
import hashlib

import pytest

from finobs.ledger import note
from finobs.ledger.note import NoteError, SigningKey, Statement, VerifierKey

KEY = SigningKey("finobs.test/ledger", bytes(range(32)))
OTHER = SigningKey("finobs.test/ledger", bytes(range(1, 33)))
STATEMENT = Statement("finobs.test/ledger", 12, hashlib.sha256(b"root").digest())
NOTE = note.sign(STATEMENT.text(), [KEY])


def test_the_public_test_key_of_the_specification_reads_and_verifies():
    """The example of Go's sumdb/note, which the C2SP specification comes from."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert note.open_note(f"{text}\n— PeterNeumann {signature}\n", [key]).text == text


def test_a_checkpoint_has_origin_size_and_root_and_is_read_back():
    assert STATEMENT.text() == f"finobs.test/ledger\n12\n{base64.b64encode(STATEMENT.root).decode()}\n"
    assert note.open_checkpoint(NOTE, [KEY.verifier], "finobs.test/ledger") == STATEMENT


def test_keys_are_written_and_read_back():
    assert VerifierKey.parse(str(KEY.verifier)) == KEY.verifier
    assert SigningKey.parse(KEY.text()) == KEY
    assert "AQAB" not in repr(KEY)


def test_signatures_of_unknown_keys_are_ignored():
    both = note.sign(STATEMENT.text(), [OTHER, KEY])
    opened = note.open_note(both, [KEY.verifier])
    assert (opened.signed_by, opened.unknown) == ((KEY.verifier,), 1)
    assert len(note.open_note(both, [KEY.verifier, OTHER.verifier]).signed_by) == 2


def test_sixteen_signatures_are_accepted():
    others = [SigningKey(f"witness-{number}", bytes([number]) * 32) for number in range(15)]
    assert note.open_note(note.sign(STATEMENT.text(), [*others, KEY]), [KEY.verifier]).unknown == 15


def test_a_bad_signature_of_a_known_key_rejects_the_note_even_beside_a_good_one():
    forged = base64.b64encode(OTHER.verifier.key_id + bytes(64)).decode()
    mixed = f"{NOTE}— finobs.test/ledger {forged}\n"
    assert note.open_note(mixed, [KEY.verifier]).unknown == 1
    with pytest.raises(NoteError, match="is wrong"):
        note.open_note(mixed, [KEY.verifier, OTHER.verifier])


def test_a_note_that_no_known_key_has_signed_is_refused():
    with pytest.raises(NoteError, match="no known key"):
        note.open_note(NOTE, [OTHER.verifier])


def test_every_single_bit_mutation_of_a_note_is_refused():
    data = NOTE.encode()
    for bit in range(len(data) * 8):
        mutated = bytearray(data)
        mutated[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NoteError, UnicodeDecodeError)):
            note.open_checkpoint(mutated.decode(), [KEY.verifier], "finobs.test/ledger")


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "a\n", "a\n\n", NOTE[:-1], NOTE + "\n", NOTE + "x\n", NOTE.replace("\n\n", "\n"),
        NOTE.replace("12\n", "12\r\n"), NOTE.replace("12\n", "12\x00\n"), NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—  "), NOTE + "— finobs.test/ledger AAAA\n", NOTE + "— a+b " + "AAAAAAAA\n",
        NOTE + "— x !!!!\n", NOTE.replace("12\n", "\ud800\n"),
    ],
)  # fmt: skip
def test_what_is_not_a_note_is_refused(text):
    with pytest.raises(NoteError):
        note.open_note(text, [KEY.verifier])


@pytest.mark.parametrize("size", ["012", "-1", "+1", "1.0", "1e3", "0x1", "٣", " 1", "1" * 20])
def test_a_size_is_a_decimal_without_ornament(size):
    with pytest.raises(NoteError):
        Statement.parse(f"origin\n{size}\n{base64.b64encode(bytes(32)).decode()}\n")


@pytest.mark.parametrize("root", ["", "AAAA", base64.b64encode(bytes(33)).decode(), "A" * 43, "A" * 42 + "B="])
def test_a_root_is_exactly_32_bytes_in_canonical_base64(root):
    with pytest.raises(NoteError):
        Statement.parse(f"origin\n1\n{root}\n")


@pytest.mark.parametrize(
    "line",
    ["", "a", "a+b", "a+00000000+AAAA", str(KEY.verifier)[:-4], str(KEY.verifier).replace("+", "+0", 1),
     f"{KEY.verifier} since=3", "x" + str(KEY.verifier)],
)  # fmt: skip
def test_what_is_not_a_verifier_key_is_refused(line):
    with pytest.raises(NoteError):
        VerifierKey.parse(line)


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "new\nline"])
def test_a_key_name_has_no_spaces_and_no_plus(name):
    with pytest.raises(NoteError):
        SigningKey.generate(name)


def test_a_checkpoint_of_another_log_is_refused():
    with pytest.raises(NoteError, match="not of"):
        note.open_checkpoint(NOTE, [KEY.verifier], "another.test/ledger")


def test_a_distrusted_key_counts_up_to_its_size_and_no_further():
    for until, accepted in ((11, False), (12, True), (13, True)):
        key = VerifierKey.parse(f"{KEY.verifier} until={until}")
        assert VerifierKey.parse(str(key)) == key
        if accepted:
            assert note.open_checkpoint(NOTE, [key], "finobs.test/ledger").size == 12
        else:
            with pytest.raises(NoteError, match="distrusted"):
                note.open_checkpoint(NOTE, [key], "finobs.test/ledger")
