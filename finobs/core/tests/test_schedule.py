"""The schedule is a table in code, and beat's database follows it."""

import pytest
from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from finobs.core import schedule

pytestmark = pytest.mark.django_db


def test_every_row_names_a_task_that_exists():
    current_app.loader.import_default_modules()
    assert [row.task for row in schedule.registered() if row.task not in current_app.tasks] == []


def test_migrating_has_filled_beats_table():
    for row in schedule.registered():
        kept = PeriodicTask.objects.get(name=schedule.PREFIX + row.name)
        assert (kept.task, kept.interval.every, kept.interval.period) == (row.task, row.every, "seconds")
        assert kept.expire_seconds >= row.every


def test_doing_it_again_writes_nothing(django_assert_num_queries):
    before = list(PeriodicTask.objects.order_by("pk").values())
    schedule.synchronise()
    assert list(PeriodicTask.objects.order_by("pk").values()) == before


def test_the_code_owns_the_interval_and_the_operator_owns_the_switch():
    kept = PeriodicTask.objects.get(name=schedule.PREFIX + schedule.registered()[0].name)
    kept.enabled = False
    kept.interval, _ = IntervalSchedule.objects.get_or_create(every=77, period="seconds")
    kept.save()
    schedule.synchronise()
    kept.refresh_from_db()
    assert kept.interval.every == schedule.registered()[0].every
    assert kept.enabled is False


def test_what_left_the_table_leaves_the_database_and_other_rows_stay(monkeypatch):
    every, _ = IntervalSchedule.objects.get_or_create(every=5, period="seconds")
    PeriodicTask.objects.create(name="somebody's own", task="x", interval=every)
    first = schedule.registered()[0]
    monkeypatch.setattr(schedule, "_tasks", {first.name: first})
    schedule.synchronise()
    names = set(PeriodicTask.objects.exclude(name__startswith="celery.").values_list("name", flat=True))
    assert names == {schedule.PREFIX + row.name for row in schedule.registered()} | {"somebody's own"}
    assert len(names) == 2


def test_where_a_sealer_has_its_own_process_beat_wakes_none(settings):
    settings.LEDGER_SEALED_BY_SCHEDULE = False
    schedule.synchronise()
    assert not PeriodicTask.objects.filter(task="finobs.ledger.tasks.seal").exists()


@pytest.mark.parametrize(("who", "status"), [("admin", 200), ("superuser", 200), ("analyst", 302), ("stranger", 302)])
def test_administrators_see_it_and_nobody_changes_it(request, client, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.get("/admin/django_celery_beat/periodictask/").status_code == status
    one = PeriodicTask.objects.first()
    assert client.post(f"/admin/django_celery_beat/periodictask/{one.pk}/delete/").status_code in (302, 403)
    assert client.get("/admin/django_celery_beat/periodictask/add/").status_code in (302, 403)
    assert PeriodicTask.objects.filter(pk=one.pk).exists()
