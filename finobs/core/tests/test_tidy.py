from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from finobs.core import clock
from finobs.core.idempotency import RETENTION
from finobs.core.models import IdempotentAnswer
from finobs.core.tasks import tidy
from tests import factories

pytestmark = pytest.mark.django_db


def test_only_what_has_run_out_is_dropped():
    caller, now = factories.user(), clock.now()
    for key, age in (("old", RETENTION + timedelta(minutes=1)), ("young", RETENTION - timedelta(minutes=1))):
        IdempotentAnswer.objects.create(caller=caller, endpoint="x", key=key, fingerprint="0", created_at=now - age)
        Session.objects.create(session_key=key, session_data="", expire_date=now + RETENTION - age)
    tidy()
    assert [answer.key for answer in IdempotentAnswer.objects.all()] == ["young"]
    assert [session.session_key for session in Session.objects.all()] == ["young"]
