from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit

from .. import selectors, services
from ..choices import CaseStatus
from ..forms import NoteForm
from .page import success_response, workbench

# By whether the item waited for approval.
MESSAGES = {
    False: "Note added.",
    True: "Note added. It changed what approval was asked for: that request is void, and the {kind} is open again.",
}


@login_required
@require_POST
def note_add(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    item = selectors.item_get(request.user, kind, reference)
    form = NoteForm(request.POST, draft=f"note-{reference}")
    status = submit(form, partial(services.note_add, actor=request.user, item=item))
    if status != HTTPStatus.OK:
        return workbench(request, item.queue, kind, item, status=status, note_form=form)
    message = MESSAGES[item.status == CaseStatus.AWAITING_APPROVAL].format(kind=kind)
    return success_response(request, kind, reference, message, listed=item.queue)
