"""Until here an incident was a part of its case: it has the case's subject, queue and unit, and was escalated at once."""

from collections import defaultdict

from django.db import migrations
from django.db.models import F, OuterRef, Subquery

CHUNK = 1_000


def fill(apps, schema_editor):
    incidents(apps)
    subjects(apps)
    entries(apps)


def incidents(apps):
    Incident, Case = apps.get_model("cases", "Incident"), apps.get_model("cases", "Case")
    case = Case.objects.filter(pk=OuterRef("case_id"))
    names = ("account_id", "typology", "queue_id", "unit_id")
    Incident.objects.update(
        **{name: Subquery(case.values(name)[:1]) for name in names},
        status="escalated",
        opened_at=F("created_at"),
        closed_at=F("created_at"),
    )
    ids = list(Incident.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        facts(apps, ids[start : start + CHUNK])


def facts(apps, ids):
    """How many of an incident's alerts said block, and how much they were of."""
    Incident, CaseAlert = apps.get_model("cases", "Incident"), apps.get_model("cases", "CaseAlert")
    rows = CaseAlert.objects.filter(incident_id__in=ids).values_list(
        "incident_id", "alert__outcome", "alert__transaction__amount_minor", "alert__transaction__currency"
    )
    blocks, sums = defaultdict(int), defaultdict(lambda: defaultdict(int))
    for pk, outcome, minor, currency in rows:
        blocks[pk] += outcome == "block"
        sums[pk][currency] += abs(minor)
    changed = [
        Incident(pk=pk, block_count=blocks[pk], amounts={code: str(each) for code, each in sums[pk].items()})
        for pk in sums
    ]
    Incident.objects.bulk_update(changed, ["block_count", "amounts"], batch_size=CHUNK)


def subjects(apps):
    Case, CaseSubject = apps.get_model("cases", "Case"), apps.get_model("cases", "CaseSubject")
    rows = Case.objects.filter(account__isnull=False).order_by("pk").values_list("pk", "account_id")
    CaseSubject.objects.bulk_create(
        (CaseSubject(case_id=pk, account_id=account_id, role="subject") for pk, account_id in rows.iterator()),
        batch_size=CHUNK,
    )


def entries(apps):
    QueueEntry = apps.get_model("cases", "QueueEntry")
    Case, Incident = apps.get_model("cases", "Case"), apps.get_model("cases", "Incident")
    cases = Case.objects.order_by("pk").values_list("pk", "queue_id", "opened_at", "closed_at")
    QueueEntry.objects.bulk_create(
        (
            QueueEntry(
                case_id=pk, queue_id=queue_id, entered_at=opened_at, cause="routed", left_at=closed_at,
                left_cause="closed" if closed_at else "",
            )
            for pk, queue_id, opened_at, closed_at in cases.iterator()
        ),
        batch_size=CHUNK,
    )  # fmt: skip
    rows = Incident.objects.order_by("pk").values_list("pk", "queue_id", "opened_at")
    QueueEntry.objects.bulk_create(
        (
            QueueEntry(
                incident_id=pk, queue_id=queue_id, entered_at=at, cause="routed", left_at=at, left_cause="escalated"
            )
            for pk, queue_id, at in rows.iterator()
        ),
        batch_size=CHUNK,
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_work_items")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
