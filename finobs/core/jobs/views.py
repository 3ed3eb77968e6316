"""The pages of jobs: list, detail with its progress fragment, cancel and retry; one set for each kind.

Pages elsewhere are functions; these are made by one class, because every kind has the same four and nothing but
its selector and its templates differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_POST

from ..forms import submit
from ..http import render_page
from ..lists import list_page
from ..reads import first_or_not_found
from . import workflow
from .filters import JobFilter
from .forms import JobForm
from .models import LeasedJob
from .selectors import job_transitions
from .services import SERVICES

J = TypeVar("J", bound=LeasedJob)


@dataclass(frozen=True)
class JobPages(Generic[J]):
    """The pages of one kind.

    app, name: "detection" and "training" make the URLs `detection:training-list`, `-detail`, `-cancel` and `-retry`,
    and need the templates `detection/training_list.html` (upon `jobs/job_list.html`) and
    `detection/training_detail.html` (with the partial "progress", upon `jobs/job_detail.html`).
    rows: the selector of what a user may see. more: what the kind's templates need besides, by user and job (None: the
    list).
    """

    app: str
    name: str
    rows: Callable[[Any], QuerySet[J]]
    filterset: type[JobFilter]
    more: Callable[[Any, J | None], dict[str, Any]]

    @property
    def urls(self) -> list[URLPattern]:
        """To be included at the address of the list."""
        return [
            self._path("", "list", require_GET, self._list),
            self._path("<int:pk>/", "detail", require_GET, self._detail),
            *(
                self._path(f"<int:pk>/{action}/", action, require_POST, partial(self._act, action))
                for action in SERVICES
            ),
        ]

    def _path(
        self, route: str, page: str, method: Callable[[Any], Any], view: Callable[..., HttpResponse]
    ) -> URLPattern:
        named_view = login_required(method(view))
        # As of a view written out: one word runs through address, view and template, in traces too.
        named_view.__name__ = f"{self.name}_{page}".replace("-", "_")
        pattern: URLPattern = path(route, named_view, name=f"{self.name}-{page}")
        return pattern

    def _list(self, request: HttpRequest) -> HttpResponse:
        rows, more = self.rows(request.user), self.more(request.user, None)
        return list_page(request, self._template("list"), rows, filter_set=self.filterset, **more)

    def _detail(
        self, request: HttpRequest, pk: int, form: JobForm | None = None, status: int = HTTPStatus.OK
    ) -> HttpResponse:
        """How far a job is. Its fragment asks for itself again until the job has ended."""
        job = self._get(request, pk)
        steps = [(step, self._url(step.action, pk)) for step in job_transitions(request.user, job)]
        context = {"job": job, "steps": steps, "form": form or JobForm()}
        context |= self.more(request.user, job)
        return render_page(request, self._template("detail"), context, partial="progress", status=status)

    def _act(self, action: str, request: HttpRequest, pk: int) -> HttpResponse:
        job, form = self._get(request, pk), JobForm(request.POST)
        status = submit(form, partial(SERVICES[action], actor=request.user, job=job))
        if status != HTTPStatus.OK:
            return self._detail(request, pk, form=form, status=status)
        messages.success(request, f"{job} {workflow.BY_ACTION[action].result}.")
        return redirect(self._url("detail", pk))

    def _get(self, request: HttpRequest, pk: int) -> J:
        return first_or_not_found(self.rows(request.user).filter(pk=pk))

    def _template(self, page: str) -> str:
        return f"{self.app}/{self.name.replace('-', '_')}_{page}.html"

    def _url(self, page: str, pk: int) -> str:
        return reverse(f"{self.app}:{self.name}-{page}", args=[pk])
