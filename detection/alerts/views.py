from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.lists import list_page

from .. import hooks
from ..pipeline.late import selectors as late_selectors
from . import selectors
from .filters import AlertFilter
from .payload_table import payload_table

MAX_ALERTS = 20


@login_required
@require_GET
def alert_list(request: SignedInRequest) -> HttpResponse:
    """Alerts of the cases that this person may see, the newest first."""
    return list_page(
        request, "detection/alert_list.html", selectors.alerts_visible(request.user), filter_set=AlertFilter
    )


@login_required
@require_GET
def customer_alerts(request: SignedInRequest, pk: int) -> HttpResponse:
    """The newest alerts of a customer's accounts, for the customer's page."""
    customer, rows = selectors.customer_alerts(request.user, pk)
    context = {"about": customer.name or str(customer), "rows": rows.order_by("-id")[:MAX_ALERTS]}
    return render_page(request, "detection/subject_alerts.html", context, partial="rows")


@login_required
@require_GET
def account_alerts(request: SignedInRequest, pk: int) -> HttpResponse:
    """The newest alerts of an account, for the account's page."""
    account, rows = selectors.account_alerts(request.user, pk)
    context = {"about": f"account {account}", "rows": rows.order_by("-id")[:MAX_ALERTS]}
    return render_page(request, "detection/subject_alerts.html", context, partial="rows")


@login_required
@require_GET
def alert_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Why, with which versions, on what input."""
    alert = selectors.alert_get(request.user, pk)
    context = {
        "alert": alert, "location": hooks.location(request.user, alert), "models": alert.parameters["models"],
        "may_explain": selectors.may_explain(request.user) and not alert.is_external,
        "named": selectors.transactions_named(request.user, alert),
        "payload": payload_table(alert.external.payload) if alert.is_external else [],
    }  # fmt: skip
    return render_page(request, "detection/alert_detail.html", context)


@login_required
@require_GET
def alert_explanation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Why the score of an alert is what it is: a waterfall, and the same in a table."""
    alert, explanation = selectors.alert_explanation(request.user, pk)
    context = {"alert": alert, "explanation": explanation}
    return render_page(request, "detection/alert_explanation.html", context, partial="explanation")


@login_required
@require_GET
def transaction_explanation(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same for any assessed transaction, made on demand."""
    assessment, explanation = selectors.transaction_explanation(request.user, pk)
    context = {"assessment": assessment, "explanation": explanation}
    return render_page(request, "detection/transaction_explanation.html", context, partial="explanation")


@login_required
@require_GET
def alert_replay(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same versions on the same snapshot, now. Writes nothing."""
    alert, replay = selectors.alert_replay(request.user, pk)
    context = {"alert": alert, "replay": replay}
    return render_page(request, "detection/alert_replay.html", context, partial="result")


@login_required
@require_GET
def transaction_assessment(request: SignedInRequest, pk: int) -> HttpResponse:
    """What was made of one transaction, for its page."""
    assessment, alert = selectors.assessment_of(request.user, pk)
    fired = selectors.fired_versions(request.user, assessment)
    context = {
        "assessment": assessment, "alert": alert, "fired": fired, "may_explain": selectors.may_explain(request.user),
        "reassessments": late_selectors.reassessments_of(request.user, pk),
    }  # fmt: skip
    return render_page(request, "detection/transaction_assessment.html", context, partial="assessment")
