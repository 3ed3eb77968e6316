"""Between a page's form and a service: what the service refuses is said beside what was typed, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.forms import Form

from .errors import ApprovalRequired, Conflict, Invalid, InvalidTransition


def submit(form: Form, act: Callable[..., Any]) -> HTTPStatus:
    """Call `act` with the fields of `form`, if they hold, and say how that went.

    OK: done. ACCEPTED: waits for approval. UNPROCESSABLE_ENTITY and CONFLICT: nothing happened, and the form says
    why. Refusals that no typing mends (not found, not allowed) go on to the error page.
    """
    if not form.is_valid():
        return HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        act(**form.cleaned_data)
    except ApprovalRequired:
        return HTTPStatus.ACCEPTED
    except Invalid as error:
        _say(form, error)
        return HTTPStatus.UNPROCESSABLE_ENTITY
    except (Conflict, InvalidTransition) as error:
        form.add_error(None, error.detail)
        return HTTPStatus.CONFLICT
    return HTTPStatus.OK


def _say(form: Form, error: Invalid) -> None:
    for name, texts in (error.fields or {"": [error.detail]}).items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)
