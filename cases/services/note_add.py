from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access, gate
from finobs.core.errors import Invalid
from finobs.core.plain_text import TOO_MANY_MARKS, has_letters_or_digits, has_too_many_marks, require_plain
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Note, WorkItem
from . import item_locking

MAX_NOTE_LENGTH = 20_000


@service
def note_add(*, actor: User, item: WorkItem, text: str, version: int | None = None) -> Note:
    """Write down what was found about an incident or a case. Others than the holder may; a closing that waits for
    approval becomes void.

    Who: work on its queue. Records: note.add with the salted digest of the text. Raises: NotFound, NotAllowed,
    InvalidTransition, Invalid.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    require_version(locked, version)
    lease = item_locking.lease_of(locked)
    item_locking.check("note", item=locked, actor=actor, lease=lease)
    note = add_note(actor=actor, item=locked, text=text)
    item_locking.renew_lease(locked, actor, lease)
    # SEC-11: any edit voids what was approved, or is about to be, on the earlier content.
    gate.subject_changed(actor=actor, subject=locked)
    return note


def add_note(*, actor: User, item: WorkItem, text: str) -> Note:
    """Add a note to a locked item, for an actor who may. Raises Invalid."""
    text = _text(text)
    note = Note.objects.create(**{item.KIND: item}, author=actor, text=text)
    item.last_edited_by = actor
    item_locking.save(item, actor=actor, reason="Note added", fields=["last_edited_by"])
    # The digest, not the text: an event body cannot be erased, and people write names into notes.
    data = {"note": str(note.pk), "digest": note.digest}
    record(actor=actor, action="note.add", subject=item, data=data)
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
