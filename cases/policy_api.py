"""Policies of work and tags for machines: the same selectors and services as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject

from . import policy_serializers as serializers
from . import selectors, services
from .api import OfCase
from .incident_api import OfIncident
from .models import Tag, WorkPolicy, WorkPolicyVersion
from .policies import selectors as policies

POLICY = Subject("policy", policies.work_policy_get)


class WorkPolicyList(SelectorDetail[WorkPolicy], ServiceCreate[WorkPolicy]):
    """Every policy with what is in force of it, those too that nobody has changed."""

    selector = policies.work_policies
    serializer_class = serializers.WorkPoliciesSerializer
    service = services.programme_create
    body_class = serializers.ProgrammeCreateSerializer
    answer_class = serializers.WorkPolicySerializer
    operation_id = "work_policies_programme_create"
    read_operation_id = "work_policies_list"

    def get_object(self) -> Any:
        return {"results": policies.work_policies(self.request.user)}

    @extend_schema(responses={201: serializers.WorkPolicySerializer})
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Make a programme."""
        return self.act()

    def answer(self, result: Any) -> Response:
        return self.respond(policies.work_policy_get(self.request.user, result.policy.slug))


class WorkPolicyDetail(SelectorDetail[WorkPolicy]):
    """One policy, with what is in force of it."""

    selector = policies.work_policy_get
    serializer_class = serializers.WorkPolicySerializer


class WorkPolicyVersionList(SelectorList[WorkPolicyVersion], ServiceCreate[WorkPolicyVersion]):
    """The versions of a policy, the newest first; none of one that nobody has changed."""

    subject = POLICY
    selector = policies.work_policy_versions
    serializer_class = serializers.WorkPolicyVersionSerializer
    ordering = ("-number",)
    service = services.work_policy_change
    body_class = serializers.WorkPolicyChangeSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Put a new version in force for what comes from now on."""
        return self.act()


class WorkPolicyRevert(ServiceAction[WorkPolicy]):
    """Put what an earlier version said, or what finobs ships, in force again."""

    subject = POLICY
    serializer_class = serializers.WorkPolicySerializer
    service = services.work_policy_revert
    body_class = serializers.WorkPolicyRevertSerializer


class WorkPolicyDryRun(ServiceAction[WorkPolicy]):
    """What a draft of the routing would have done with the items of the last 30 days. Moves nothing."""

    subject = Subject("policy", policies.routing_get)
    serializer_class = serializers.RoutingDryRunSerializer
    service = services.routing_dry_run
    body_class = serializers.WorkPolicyContentSerializer

    def answer(self, result: Any) -> Response:
        return self.respond(result)


class TagList(SelectorList[Tag]):
    """Tags that can be put on incidents and cases."""

    selector = selectors.tags_visible
    serializer_class = serializers.TagSerializer
    ordering = ("name", "id")


class TagAction(ServiceAction[Any]):
    """Shared by what is done with a tag to an incident or a case."""

    body_class = serializers.TagNameSerializer
    # A tag replaces nothing that somebody else could have changed.
    requires_version = False

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return {"tag": selectors.tag_get(self.request.user, body["tag"])}


class CaseTag(TagAction, OfCase):
    """Put a tag on a case."""

    service = services.item_tag


class CaseUntag(TagAction, OfCase):
    """Take a tag off a case."""

    service = services.item_untag


class IncidentTag(TagAction, OfIncident):
    """Put a tag on an incident."""

    service = services.item_tag


class IncidentUntag(TagAction, OfIncident):
    """Take a tag off an incident."""

    service = services.item_untag
