from __future__ import annotations

from typing import Any

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import ItemTag, Tag, WorkItem
from . import item_locking
from .item_locking import I


@service
def item_tag(*, actor: User, item: I, tag: Tag, version: int | None = None) -> I:
    """Put a tag on an incident or a case, whatever its status; one that it has already changes nothing.

    Who: work on its queue. Records: case.tag, incident.tag. Raises: NotFound, NotAllowed, Stale.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    access.require(actor, "view", tag)
    require_version(locked, version)
    _, is_new = ItemTag.objects.get_or_create(**_of(locked), tag=tag)
    if is_new:
        item_locking.save(locked, actor=actor, reason=f"Tagged: {tag}", fields=())
        record(actor=actor, action=f"{locked.KIND}.tag", subject=locked, data={"tag": tag.slug})
    return locked


@service
def item_untag(*, actor: User, item: I, tag: Tag, version: int | None = None) -> I:
    """Take a tag off an incident or a case; one that it does not have changes nothing.

    Who: work on its queue. Records: case.untag, incident.untag. Raises: NotFound, NotAllowed, Stale.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    require_version(locked, version)
    number, _ = ItemTag.objects.filter(**_of(locked), tag=tag).delete()
    if number:
        item_locking.save(locked, actor=actor, reason=f"Tag taken off: {tag}", fields=())
        record(actor=actor, action=f"{locked.KIND}.untag", subject=locked, data={"tag": tag.slug})
    return locked


def _of(item: WorkItem) -> dict[str, Any]:
    return {item.KIND: item}
