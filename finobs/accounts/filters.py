"""How people are found, in the API and in the admin."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from finobs.core.filters import YesNoFilter

from .addresses import address_key
from .choices import UserKind
from .models import User
from .roles import ROLES


class UserFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="by_name", label="Name or e-mail")
    role = django_filters.ChoiceFilter(field_name="groups__name", choices=[(role, role.title()) for role in ROLES])
    kind = django_filters.ChoiceFilter(choices=UserKind.choices)
    is_active = YesNoFilter()

    class Meta:
        model = User
        fields = ("q", "role", "kind", "is_active")

    def by_name(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        # A part of a domain is none that DNS knows: it is looked for as the address is written, too.
        condition = Q(name__icontains=value) | Q(email__icontains=value)
        return queryset.filter(condition | Q(email_key__contains=address_key(value)))
