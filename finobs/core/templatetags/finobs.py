"""How finobs writes money, times, numbers and form fields in pages. Loaded everywhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.apps import apps
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Model
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from .. import clock, money
from ..context import request_id as current_request_id
from ..navigation import address
from ..pagination import Page

register = template.Library()

NOTHING = mark_safe('<span class="text-secondary" aria-label="none">–</span>')

# Which of six tones a status word is written in. The word itself is always there: colour is never the only sign.
TONES: dict[str, str] = {
    "new": "info", "open": "active", "awaiting_approval": "waiting", "closed": "quiet",
    "pending": "waiting", "approved": "good", "used": "good", "rejected": "bad", "withdrawn": "quiet",
    "expired": "quiet", "void": "quiet",
    "approve": "good", "review": "waiting", "block": "bad", "reject": "bad",
    "candidate": "quiet", "shadow": "info", "challenger": "info", "champion": "good", "retired": "quiet",
    "confirmed": "bad", "false_positive": "good", "no_action": "quiet",
    "live": "good", "active": "good", "inactive": "quiet", "sealed": "good", "failed": "bad", "overdue": "bad",
    "accepted": "good", "duplicate": "quiet", "quarantined": "waiting", "released": "good", "discarded": "quiet",
    "superseded": "good", "corrected": "info", "held": "waiting",
    "expected": "quiet", "incomplete": "info", "complete": "good", "late": "bad", "short": "bad", "over": "bad",
    "repeated": "waiting",
    "queued": "waiting", "running": "active", "done": "good", "cancelled": "quiet",
}  # fmt: skip


HELP: dict[int, str] = {
    202: "Somebody else has to approve it. You will find it under Approvals.",
    400: "Go back, check the address or the form, and try again.",
    403: "If you need this for your work, ask an administrator for the role or the grant.",
    404: "It may have been moved, or it may not be yours to see. Check the address, or search for it.",
    409: "Go back and load the page again to see how it stands now.",
    413: "Send it in smaller parts.",
    422: "Go back, correct it, and send it again.",
    500: "The fault was recorded. If it comes again, tell your administrator the request id below.",
    503: "Wait a moment and try again.",
}


@register.simple_tag
def amount(minor: int, currency: str) -> str:
    """{% amount row.amount_minor row.currency %} -> $1,234.50"""
    return money.display(minor, currency)


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """{% moment event.at %} -> 2 Mar 2026, 14:05 in the reader's zone; the exact time with its zone on hover."""
    return NOTHING if at is None else _time(at, _short(at), _exact(at))


@register.simple_tag
def age(at: datetime | None) -> SafeString:
    """{% age case.opened_at %} -> 2 d 4 h"""
    return NOTHING if at is None else _time(at, span(abs(clock.now() - at)), _exact(at))


@register.simple_tag
def due(at: datetime | None) -> SafeString:
    """{% due case.due_at %} -> in 2 d 4 h, or "3 h overdue", marked when past and when less than a day is left."""
    if at is None:
        return NOTHING
    left = at - clock.now()
    if left < timedelta():
        return _time(at, f"{span(-left)} overdue", _exact(at), "due due-over")
    return _time(at, f"in {span(left)}", _exact(at), "due due-soon" if left < timedelta(days=1) else "due")


def span(length: timedelta) -> str:
    """A length of time in its two largest units.

    >>> span(timedelta(days=2, hours=4, minutes=59)), span(timedelta(minutes=3)), span(timedelta(seconds=20))
    ('2 d 4 h', '3 min', 'under 1 min')
    """
    # Two units at most: nobody reads the minutes of an age in days.
    minutes = int(length.total_seconds()) // 60
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number) or "under 1 min"


def _time(at: datetime, text: str, exact: str, kind: str = "") -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        at.isoformat(timespec="seconds"),
        exact,
        format_html(' class="{}"', kind) if kind else "",
        text,
    )


# By strftime: Django's own formatting takes ten times as long, and a list has a hundred times on it.
def _short(at: datetime) -> str:
    return f"{timezone.localtime(at):%-d %b %Y, %H:%M}"


def _exact(at: datetime) -> str:
    return f"{timezone.localtime(at):%A %-d %B %Y, %H:%M:%S %Z}"


@register.filter
def kind_name(label: str) -> str:
    """{{ "cases.case"|kind_name }}: what people call it. What is no kind of record is called as it is."""
    try:
        return str(apps.get_model(label)._meta.verbose_name).capitalize()
    except (LookupError, ValueError):
        return label


@register.filter
def count_text(count: int | tuple[int, bool]) -> str:
    """What `pagination.count` found, as people read it: 204 or 1,000+."""
    number, exact = count if isinstance(count, tuple) else (count, True)
    return f"{intcomma(number)}{'' if exact else '+'}"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """{% icon "inbox" %} decorates; {% icon "lock" "Locked" %} speaks. The names are in the sprite's folder."""
    attributes = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    sprite = static("vendor/tabler-icons/sprite.svg")
    return format_html(
        '<svg class="icon" width="18" height="18" {}><use href="{}#{}"></use></svg>', attributes, sprite, name
    )


@register.simple_tag
def badge(value: str, label: str = "", tone: str = "") -> SafeString:
    """{% badge case.status case.get_status_display %}: the word in its tone."""
    tone_name = tone or TONES.get(str(value), "quiet")
    text = label or str(value).replace("_", " ").capitalize()
    return format_html('<span class="badge tone tone-{}">{}</span>', tone_name, text)


@register.inclusion_tag("_shell/pager.html", takes_context=True)
def pager(context: RequestContext, page: Page[Any], target: str = "") -> dict[str, Any]:
    """{% pager page %}: links to newer and older rows that keep the filters. `target` is what htmx swaps, if any."""
    return {"page": page, "target": target, "request": context["request"]}


@register.inclusion_tag("_shell/field.html")
def field(bound: BoundField, label: str = "") -> dict[str, Any]:
    """{% field form.reason %}: label above, help, and errors tied to the input by aria-describedby."""
    widget = bound.field.widget
    return {
        "field": bound,
        "label": label or bound.label,
        "input": bound.as_widget(attrs={"class": _input_class(widget)}) if _input_class(widget) else bound.as_widget(),
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
    }


def _input_class(widget: Any) -> str:
    own = str(widget.attrs.get("class", ""))
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return own
    if isinstance(widget, CheckboxInput):
        return f"form-check-input {own}".strip()
    return f"{'form-select' if isinstance(widget, Select) else 'form-control'} {own}".strip()


@register.inclusion_tag("_shell/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """{% error_summary form %}: everything that is wrong, each linked to its field, before the form."""
    return {"form": form, "wrong": [bound for bound in form if bound.errors]}


@register.filter
def error_base(error: Any, shell: Any) -> str:
    """Which frame an error page stands in. A fault gets the one that asks the database nothing."""
    return "_shell/page.html" if error.status < 500 and shell.signed_in else "_shell/bare.html"


@register.simple_tag
def request_id() -> str:
    """The id under which the log tells what happened."""
    return current_request_id()


@register.filter
def error_help(error: Any) -> str:
    """What to do next, by the kind of refusal."""
    return HELP.get(error.status, "")


@register.simple_tag
def timeline_url(subject: Model) -> str:
    """Where the ledger tells the story of this object; nothing while nobody serves it."""
    return address("ledger:timeline", subject._meta.label_lower, subject.pk)
