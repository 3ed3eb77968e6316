"""Until here an incident that joined a case about somebody else left that case's subjects as they were."""

from django.db import migrations
from django.db.models import F, Q

CHUNK = 1_000


def fill(apps, schema_editor):
    Incident, CaseSubject = apps.get_model("cases", "Incident"), apps.get_model("cases", "CaseSubject")
    same = Q(customer=F("case__customer")) | Q(customer=None, case__customer=None, account=F("case__account"))
    nobody = Q(customer=None, account=None)
    joined = Incident.objects.filter(case__isnull=False).exclude(nobody)
    # The rows themselves, not exclude(same): a comparison with NULL is neither true nor false.
    rows = joined.exclude(pk__in=joined.filter(same).values("pk")).order_by("pk")
    CaseSubject.objects.bulk_create(
        (
            CaseSubject(
                case_id=case, customer_id=customer, account_id=None if customer else account, role="subject"
            )
            for case, customer, account in rows.values_list("case_id", "customer_id", "account_id").iterator()
        ),
        batch_size=CHUNK, ignore_conflicts=True,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_subjects_and_matches")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
