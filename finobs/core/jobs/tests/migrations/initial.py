"""The tables of these tests, as their models are now: nobody ever migrates them."""

from django.conf import settings
from django.db import migrations
from django.db.migrations.state import ModelState

from ..models import Errand, Round


def create(state: ModelState) -> migrations.CreateModel:
    return migrations.CreateModel(state.name, [*state.fields.items()], state.options, state.bases)


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [create(ModelState.from_model(model)) for model in (Errand, Round)]
