"""Exchange rates for machines: taken in, one or 10,000 at once, and listed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from finobs.core.api import SelectorList, ServiceAction
from finobs.core.idempotency import IDEMPOTENCY_PARAMETER, answer_once

from . import filters, selectors, services
from .choices import RateStatus
from .models import ExchangeRate
from .request_body import read_rows


class ExchangeRateSerializer(serializers.ModelSerializer[ExchangeRate]):
    rate = serializers.SerializerMethodField()
    batch_id = serializers.IntegerField()

    class Meta:
        model = ExchangeRate
        fields = ("id", "base", "quote", "rate", "date", "source", "batch_id")

    def get_rate(self, row: ExchangeRate) -> str:
        return row.rate_text


class IncomingRateSerializer(serializers.Serializer[Any]):
    """A rate on its way in: documentation only, for a row that does not hold is refused alone and is no 422."""

    base = serializers.CharField(max_length=3, help_text="ISO 4217: one unit of it is `rate` of `quote`")
    quote = serializers.CharField(max_length=3)
    rate = serializers.CharField(help_text="Decimal text above zero, with at most 12 places")
    date = serializers.DateField()
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=40, help_text="Who published it, such as ECB"
    )


class RatesAddRequestSerializer(serializers.Serializer[Any]):
    rates = IncomingRateSerializer(many=True)


class RateResultSerializer(serializers.Serializer[Any]):
    row_number = serializers.IntegerField()
    status = serializers.ChoiceField(choices=RateStatus.choices)
    reason = serializers.CharField()
    detail = serializers.CharField()


class RatesAddResultSerializer(serializers.Serializer[Any]):
    rate_batch_id = serializers.IntegerField()
    received = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = RateResultSerializer(many=True)


class ExchangeRateList(SelectorList[ExchangeRate], ServiceAction[ExchangeRate]):
    """Exchange rates, the newest day first."""

    selector = selectors.exchange_rates_visible
    serializer_class = ExchangeRateSerializer
    filterset_class = filters.ExchangeRateFilter
    ordering = ("-date", "-id")
    service = services.exchange_rates_add
    body_class = RatesAddRequestSerializer
    answer_class = RatesAddResultSerializer
    parameters = (IDEMPOTENCY_PARAMETER,)
    operation_id = "exchange_rates_add"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One rate, a list of them, or an object with rates: 1 to 10,000. A refused one never stops its neighbours."""
        return self.act()

    def act(self) -> HttpResponse:
        # Before the body is parsed: a key belongs to its bytes.
        return answer_once(self.request, "rates", lambda: (self.status, self._add_rates()))

    def _add_rates(self) -> dict[str, Any]:
        actor: Any = self.request.user
        result = services.exchange_rates_add(actor=actor, rows=read_rows(self.request.data, "rates"))
        counts = {name: getattr(result.batch, name) for name in ("received", *RateStatus.values)}
        names = ("row_number", "status", "reason", "detail")
        rows = [{name: getattr(row, name) for name in names} for row in result.rows]
        return {"rate_batch_id": result.batch.pk, **counts, "results": rows}
