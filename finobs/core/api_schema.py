"""The OpenAPI description of an operation, from what its view declares (`core.api`)."""

from __future__ import annotations

import inspect
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from .api import SelectorDetail, SelectorList, SelectorView, ServiceAction
from .models import Versioned
from .serializers import SentForApprovalSerializer

ETAG = OpenApiParameter(
    "ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200],
    description="Which version this is, in quotes; for If-Match.",
)  # fmt: skip


def if_match(required: bool) -> OpenApiParameter:
    text = "The ETag of what is changed, as you read it. 412 if it has changed since"
    text += ", 428 without." if required else "; it may be left out here."
    return OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=required, description=text)


class OperationSchema(AutoSchema):
    """`operation_id` and `parameters` are of the view's write, if it has one, else of its read."""

    view: Any

    def get_operation_id(self) -> str:
        if self._is_declared() and self.view.operation_id:
            return str(self.view.operation_id)
        own: str = getattr(self.view, "read_operation_id", "")
        if self.method == "GET" and own:
            return own
        if self._is_action() and not isinstance(self.view, SelectorList) and self.method == "POST":
            return "_".join(step.replace("-", "_") for step in self._tokenize_path())
        return super().get_operation_id()

    def get_description(self) -> str:  # type: ignore[override]
        """Of the method, else of the view: what the shapes say of themselves is for who writes views."""
        own = getattr(self.view, self.method.lower()).__doc__ or type(self.view).__dict__.get("__doc__")
        return inspect.cleandoc(own or "")

    def get_override_parameters(self) -> Any:
        declared = self.view.parameters if self._is_declared() else super().get_override_parameters()
        if self._is_action():
            return [*declared, if_match(self.view.requires_version)] if self.view.takes_version() else declared
        return [*declared, ETAG] if self._is_versioned() else declared

    def get_request_serializer(self) -> Any:
        return self.view.body_class if self._is_action() else super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        if not self._is_action():
            return super().get_response_serializers()
        answer = None if self.view.status == 204 else self.view.answer_class or self.view.serializer_class
        approval = {202: SentForApprovalSerializer} if self.view.needs_approval else {}
        return {self.view.status: answer} | approval

    def _is_action(self) -> bool:
        return isinstance(self.view, ServiceAction) and self.method != "GET"

    def _is_versioned(self) -> bool:
        """Does a read answer with one thing that others may change, and so with its version?"""
        if not (isinstance(self.view, SelectorDetail) and self.method == "GET"):
            return False
        model = getattr(getattr(self.view.serializer_class, "Meta", None), "model", None)
        return model is not None and issubclass(model, Versioned)

    def _is_declared(self) -> bool:
        is_write = isinstance(self.view, ServiceAction)
        return isinstance(self.view, SelectorView) and is_write == (self.method != "GET")
