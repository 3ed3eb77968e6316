from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access, gate
from finobs.core.errors import Invalid
from finobs.core.plain_text import TOO_MANY_MARKS, has_letters_or_digits, has_too_many_marks, require_plain
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Case, Note
from . import case_locking

MAX_NOTE_LENGTH = 20_000


@service
def note_add(*, actor: User, case: Case, text: str, version: int | None = None) -> Note:
    """Write down what was found. Others than the holder may; a closing that waits for approval becomes void.

    Who: work on its queue. Records: note.add with the digest of the text. Raises: NotFound, NotAllowed,
    InvalidTransition, Invalid.
    """
    locked = case_locking.lock_case(case)
    access.require(actor, "work", locked)
    require_version(locked, version)
    lease = case_locking.lease_of(locked)
    case_locking.check("note", case=locked, actor=actor, lease=lease)
    text = _text(text)
    note = Note.objects.create(case=locked, author=actor, text=text)
    case_locking.renew_lease(locked, actor, lease)
    locked.last_edited_by = actor
    case_locking.save(locked, actor=actor, reason="Note added", fields=["last_edited_by"])
    # The digest, not the text: an event body cannot be erased, and people write names into notes.
    data = {"note": str(note.pk), "sha256": note.sha256}
    record(actor=actor, action="note.add", subject=locked, data=data)
    # SEC-11: any edit voids what was approved, or is about to be, on the earlier content.
    gate.subject_changed(actor=actor, subject=locked)
    return note


def _text(text: str) -> str:
    text = require_plain(multiline=("text",), text=text)["text"]
    if not has_letters_or_digits(text):
        raise Invalid(fields={"text": ["Write something: a note has letters or digits."]})
    if has_too_many_marks(text):
        raise Invalid(fields={"text": [f"This {TOO_MANY_MARKS}."]})
    if len(text) > MAX_NOTE_LENGTH:
        raise Invalid(fields={"text": [f"At most {MAX_NOTE_LENGTH:,} characters; this has {len(text):,}."]})
    return text
