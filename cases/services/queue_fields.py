"""What makes a queue's fields hold, for creating and changing alike."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from detection.hooks import MAX_ALERTS_A_DAY, typologies
from finobs.accounts.models import User
from finobs.core import history
from finobs.core.errors import Invalid
from finobs.core.plain_text import require_names, require_plain

from ..models import Queue


def validate_queue(queue: Queue) -> None:
    """Raise Invalid, field by field."""
    fields: dict[str, list[str]] = {}
    queue.name = require_names(name=queue.name)["name"]
    queue.description = require_plain(multiline=("description",), description=queue.description)["description"]
    try:
        queue.full_clean(validate_constraints=False)
    except ValidationError as error:
        fields |= error.message_dict
    named = queue.typologies if isinstance(queue.typologies, list) else [None]
    labels = typologies()
    unknown = [str(name) for name in named if not isinstance(name, str) or name not in labels]
    if unknown:
        fields["typologies"] = [f"No such typology: {', '.join(unknown)}."]
    if not 1 <= (queue.lease_minutes or 0) <= 24 * 60:
        fields["lease_minutes"] = ["Between one minute and one day."]
    if queue.alerts_a_day is not None and not 1 <= queue.alerts_a_day <= MAX_ALERTS_A_DAY:
        fields["alerts_a_day"] = [f"From 1 to {MAX_ALERTS_A_DAY:,}, or empty where it is not set."]
    if not queue.unit.is_active:
        fields["unit"] = [f"{queue.unit} is closed."]
    others = Queue.objects.filter(unit_id=queue.unit_id).exclude(pk=queue.pk).values_list("name", "typologies")
    for name, other_typologies in others:
        if shared := sorted(set(other_typologies) & set(map(str, named))):
            fields.setdefault("typologies", []).append(f"{name} takes {', '.join(shared)} already.")
    if fields:
        raise Invalid(fields=fields)


def replace_default(queue: Queue, *, actor: User) -> list[Queue]:
    """A new default takes the place of the old one of its unit, which is returned."""
    if not queue.is_default:
        return []
    former_defaults = list(
        Queue.objects.select_for_update().filter(is_default=True, unit_id=queue.unit_id).exclude(pk=queue.pk)
    )
    for other in former_defaults:
        other.is_default = False
        history.save(other, actor=actor, fields=["is_default"])
    return former_defaults


def queue_data(queue: Queue) -> dict[str, Any]:
    names = ("slug", "name", "description", "typologies", "is_default", "lease_minutes", "alerts_a_day")
    return {name: getattr(queue, name) for name in names} | {"unit": str(queue.unit_id)}
