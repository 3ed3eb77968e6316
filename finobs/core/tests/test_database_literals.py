"""Codes that stand in the statement itself."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from finobs.core.db.literals import among
from tests import factories


@pytest.mark.django_db
def test_codes_stand_in_the_statement_and_find_what_a_list_of_values_finds():
    case = factories.case()
    rows = Case.objects.filter(among("status", {"new", "awaiting_approval"})).values_list("pk", flat=True)
    with CaptureQueriesContext(connection) as asked:
        assert list(rows) == [case.pk]
    assert "IN ('awaiting_approval', 'new')" in asked[0]["sql"]
    assert "new" not in rows.query.sql_with_params()[1]
    assert not Case.objects.filter(among("status", ["closed"])).exists()


@pytest.mark.parametrize("codes", [[], ["new", "x' OR '1'='1"], ["New"], [""], ["new\n"]])
def test_what_is_no_code_of_the_program_is_refused(codes):
    with pytest.raises(ValueError):
        among("status", codes)
