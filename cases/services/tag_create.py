from __future__ import annotations

from django.core.exceptions import ValidationError

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.plain_text import require_names
from finobs.core.reads import first_or_not_found
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Tag


@service
def tag_create(*, actor: User, slug: str, name: str) -> Tag:
    """Make a tag that people can put on incidents and cases.

    Who: system:config. Records: tag.create. Raises: NotAllowed, Invalid.
    """
    access.require(actor, "create", Tag)
    tag = Tag(slug=slug, name=name)
    _validate(tag)
    history.save(tag, actor=actor)
    record(actor=actor, action="tag.create", subject=tag, data={"slug": tag.slug, "name": tag.name})
    return tag


@service
def tag_change(*, actor: User, tag: Tag, name: str, version: int | None = None) -> Tag:
    """Call a tag otherwise. Its slug stays.

    Who: system:config. Records: tag.change. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    locked = first_or_not_found(Tag.objects.select_for_update().filter(pk=tag.pk))
    access.require(actor, "change", locked)
    require_version(locked, version)
    before, locked.name = locked.name, name
    _validate(locked)
    if locked.name == before:
        return locked
    history.save(locked, actor=actor, fields=["name"])
    record(actor=actor, action="tag.change", subject=locked)
    return locked


def _validate(tag: Tag) -> None:
    tag.name = require_names(name=tag.name)["name"]
    try:
        tag.full_clean(exclude=["version"])
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
