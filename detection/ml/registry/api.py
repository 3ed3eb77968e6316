"""The API of model versions, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, Subject
from finobs.core.serializers import OptionalReasonSerializer

from ...models import ModelVersion
from . import filters, selectors, serializers, services


class ModelList(SelectorList[ModelVersion]):
    """Every version of every role, the newest first."""

    selector = selectors.models_visible
    serializer_class = serializers.ModelVersionSerializer
    filterset_class = filters.ModelFilter


class ModelDetail(SelectorDetail[ModelVersion]):
    """One version, with the steps that are possible now."""

    selector = selectors.model_get
    serializer_class = serializers.ModelVersionSerializer


class ModelStep(ServiceAction[ModelVersion]):
    """Shared by the steps of a version's life; `workflow` says which is possible from where."""

    subject = Subject("model_version", selectors.model_get)
    serializer_class = serializers.ModelVersionSerializer
    body_class = OptionalReasonSerializer


class ModelShadow(ModelStep):
    """Let a version score everything that comes in, and decide nothing."""

    service = services.model_shadow


class ModelChallenge(ModelStep):
    """Make a version the challenger of its role; the one before is retired."""

    service = services.model_challenge


class ModelPromote(ModelStep):
    """Propose to put a version in force. Somebody else approves: the answer is 202 with the approval request."""

    service = services.model_promote
    needs_approval = True


class ModelRetire(ModelStep):
    """Take a version out of use. Of the one in force somebody else approves it: 202 with the approval request."""

    service = services.model_retire
    needs_approval = True
