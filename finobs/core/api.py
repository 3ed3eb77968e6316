"""The shapes of an API view: a list, one object, an action. A view declares what differs and writes nothing out.

Reads come from selectors, filters from django-filter, pages from signed cursors, writes from one service. A view has no
permission checks and asks the database nothing: selectors and services do, for pages and machines alike. What the
attributes say is also what `core.api_schema` tells the OpenAPI document.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter
from rest_framework import generics
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from . import pagination
from .errors import Invalid, PreconditionFailed, Stale
from .identity import preload
from .models import Versioned
from .parameters import PAGE_PARAMETERS, filter_names, refuse_unknown
from .plain_text import plain_values
from .serializers import SecretField, TextField, refuse_unknown_fields
from .versions import NO_VERSION

M = TypeVar("M", bound=Model)
# A weak tag counts as well: proxies that compress an answer make one of ours.
ENTITY_TAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')


class CursorPagination(BasePagination):
    """`?cursor=&limit=`; the view names its `ordering` (last field unique, none null). No totals."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        params = request.query_params
        bound = "&".join(f"{key}={value}" for key, value in sorted(params.items()) if key not in ("cursor", "limit"))
        order: Sequence[str] = view.ordering
        self._request = request
        self._page: pagination.Page[Any] = pagination.paginate(
            queryset,
            order=order,
            cursor=params.get("cursor", ""),
            limit=_limit(params.get("limit", "")),
            bound=hashlib.sha256(bound.encode()).hexdigest()[:16] if bound else "",
        )
        preload(self._page.items)
        return self._page.items

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "newer": self._link(self._page.newer), "older": self._link(self._page.older)})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "newer", "older"],
            "properties": {"results": schema, "newer": link, "older": link},
        }

    def _link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        params = self._request.query_params.copy()
        params["cursor"] = cursor
        return self._request.build_absolute_uri(f"{self._request.path}?{params.urlencode()}")


def _limit(text: str) -> int:
    # isdigit() would let through digits that are no number (²), and more of them than int() reads.
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise Invalid(fields={"limit": [f"A whole number from 1 is needed; {pagination.MAX_PAGE_SIZE} is the most."]})
    return int(text or pagination.DEFAULT_PAGE_SIZE)


class Subject(NamedTuple):
    """The object that an address names: the keyword by which services take it, and its selector (raises NotFound)."""

    keyword: str
    selector: Callable[..., Any]


class StrictView(APIView):
    """Every view of the API: what a request says has an effect, or is refused by its name.

    query_parameters: those that the view reads, whatever the method.
    """

    query_parameters: Sequence[OpenApiParameter] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # After who asks is known: a stranger learns no parameter.
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and hasattr(self, str(request.method).lower()):
            refuse_unknown(request._request.GET, *self.known_parameters())

    def known_parameters(self) -> tuple[set[str], set[str]]:
        """The parameters that this request may have, and those of them that may stand several times."""
        of_query = [each for each in self.query_parameters if each.location == OpenApiParameter.QUERY]
        return {each.name for each in of_query}, {each.name for each in of_query if each.many}


class SelectorView(StrictView, generics.GenericAPIView[M]):
    """What the three shapes share.

    selector: reads what is answered, for `user`.
    subject: what the rows of a list belong to, or what a service acts upon.
    operation_id, parameters: for the API's description, where the path and the filters do not say it.
    read_operation_id: of the read of a view that writes too.
    """

    selector: Callable[..., Any]
    subject: Subject | None = None
    operation_id = ""
    read_operation_id = ""
    parameters: Sequence[OpenApiParameter] = ()
    filter_backends: Sequence[Any] = (DjangoFilterBackend,)
    filterset_class: Any = None

    def known_parameters(self) -> tuple[set[str], set[str]]:
        """`parameters` are of the view's write, if it has one, else of its read (as `core.api_schema` says it)."""
        is_read = self.request.method in ("GET", "HEAD")
        self.query_parameters = self.parameters if isinstance(self, ServiceAction) != is_read else ()
        names, repeatable = super().known_parameters()
        if is_read and isinstance(self, SelectorList):
            of_filter, several = filter_names(self.filterset_class if self.filter_backends else None)
            names, repeatable = names | of_filter | PAGE_PARAMETERS, repeatable | several
        return names, repeatable

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A selector or a service that a view names is no method of it."""
        super().__init_subclass__(**kwargs)
        for name in {"selector", "service"} & cls.__dict__.keys():
            setattr(cls, name, staticmethod(getattr(cls, name)))

    def get_subject(self) -> Any:
        assert self.subject is not None
        return self.subject.selector(self.request.user, *self.kwargs.values())


class SelectorList(SelectorView[M], generics.ListAPIView[M]):
    """GET: the rows of `selector(user)`, or of `selector(user, subject)`; the newest first without an `ordering`."""

    pagination_class = CursorPagination
    ordering: tuple[str, ...] = ("-id",)

    def get_queryset(self) -> QuerySet[M]:
        # drf-spectacular asks for the model only, with nobody signed in.
        if getattr(self, "swagger_fake_view", False):
            serializer: Any = self.serializer_class
            nothing: QuerySet[M] = serializer.Meta.model._default_manager.none()
            return nothing
        subject = () if self.subject is None else (self.get_subject(),)
        rows: QuerySet[M] = self.selector(self.request.user, *subject)
        return rows


class SelectorDetail(SelectorView[M], generics.RetrieveAPIView[M]):
    """GET: what `selector(user, <arguments of the address>)` returns; it raises NotFound."""

    def get_object(self) -> Any:
        return self.selector(self.request.user, *self.kwargs.values())

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        return Response(self.get_serializer(instance).data, headers=entity_tag(instance))


class ServiceAction(SelectorView[M]):
    """POST: one service on one subject, answered with the subject as it is then.

    service: called with `actor`, the subject under its keyword, and the fields of the body.
    body_class: reads the body; None: there is none. What does not hold is answered with 422, after 404.
    answer_class: writes the answer, where it is not `serializer_class`.
    status: of the answer; 204 has nothing in it.
    needs_approval: whether 202 may be the answer. `ApprovalRequired` itself is answered by `core.http`.
    requires_version: whether If-Match must say which version of the subject was seen, where the service takes one;
    False for what is no change of what was there. A stale one is refused either way.
    """

    service: Callable[..., Any]
    body_class: type[BaseSerializer[Any]] | None = None
    answer_class: type[BaseSerializer[Any]] | None = None
    status = 200
    needs_approval = False
    requires_version = True

    @classmethod
    def takes_version(cls) -> bool:
        """Does its service ask which version of the subject the caller saw?"""
        return cls.subject is not None and cls.subject.keyword != "version" and takes_version(cls.service)

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.act()

    def act(self) -> HttpResponse:
        """For `post`, or for another method of a subclass that has a description of its own."""
        subject = {} if self.subject is None else {self.subject.keyword: self.get_subject()}
        body = validated_body(self.body_class, self.request)
        version = {"version": self.stated_version()} if self.takes_version() else {}
        try:
            result = self.service(actor=self.request.user, **subject, **self.arguments(body, **subject), **version)
        except Stale as error:
            raise PreconditionFailed(error.detail, version=error.version) from error
        return self.answer(result)

    def stated_version(self) -> int | None:
        """What If-Match says. Without it, or with what names no version, the service refuses: NO_VERSION."""
        header = self.request.headers.get("If-Match", "").strip()
        if not header:
            return NO_VERSION if self.requires_version else None
        tag = ENTITY_TAG.fullmatch(header)
        return int(tag[1]) if tag else NO_VERSION

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        """The service's keyword arguments, from the fields of the body."""
        return body

    def answer(self, result: Any) -> Response:
        return Response(status=204) if self.status == 204 else self.respond(self.get_subject())

    def respond(self, instance: Any) -> Response:
        serializer: Any = self.answer_class or self.serializer_class
        data = serializer(instance, context=self.get_serializer_context()).data
        return Response(data, status=self.status, headers=entity_tag(instance))


class ServiceCreate(ServiceAction[M]):
    """POST: one service that makes something, answered with what it returns."""

    status = 201

    def answer(self, result: Any) -> Response:
        return self.respond(result)


@cache
def takes_version(service: Callable[..., Any]) -> bool:
    return "version" in inspect.signature(service).parameters


def entity_tag(instance: Any) -> dict[str, str]:
    """The header that says which version this is, for If-Match."""
    return {"ETag": f'"{instance.version}"'} if isinstance(instance, Versioned) else {}


def validated_body(serializer: type[BaseSerializer[Any]] | None, request: Request) -> dict[str, Any]:
    """The body of `request` as `serializer` reads it (None: there is none); what does not hold is answered with 422."""
    if serializer is None:
        refuse_unknown_fields(None, request.data)
        return {}
    body = serializer(data=request.data)
    refuse_unknown_fields(body, request.data)
    body.is_valid(raise_exception=True)
    fields = body.fields.items()  # type: ignore[attr-defined]
    return plain_values(
        body.validated_data,
        multiline={name for name, field in fields if isinstance(field, TextField)},
        verbatim={name for name, field in fields if isinstance(field, SecretField)},
    )
