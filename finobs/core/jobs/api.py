"""The API of jobs of any kind. A kind adds its model, its serializer and its selector."""

from __future__ import annotations

from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from ..api import validated_body
from ..serializers import OptionalReasonSerializer
from .models import LeasedJob
from .selectors import job_get
from .services import SERVICES

J = TypeVar("J", bound=LeasedJob)


class JobDetail(generics.RetrieveAPIView[J]):
    """How far a job is, and why it ended early if it did."""

    def get_object(self) -> J:
        return job_get(self.get_queryset(), self.kwargs["pk"])


class JobAction(generics.GenericAPIView[J]):
    """One thing to do with a job, by the table of `workflow`. The answer is the job as it is afterwards."""

    action = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Say in the API's description what is sent and what is answered: two serializers, of which DRF knows one."""
        super().__init_subclass__(**kwargs)
        schema = extend_schema(request=OptionalReasonSerializer, responses={200: cls.serializer_class})
        extend_schema_view(post=schema)(cls)

    def post(self, request: Request, pk: int) -> Response:
        job = job_get(self.get_queryset(), pk)
        body = validated_body(OptionalReasonSerializer, request)
        changed = SERVICES[self.action](actor=request.user, job=job, **body)
        return Response(self.get_serializer(changed).data)
