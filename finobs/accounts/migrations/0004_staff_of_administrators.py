"""Nothing any more: the administration is opened to administrators after the migrations, by a service that keeps
history and tells the ledger (`finobs.accounts.upgrade`)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sessions_under_digests"), ("auth", "0012_alter_user_first_name_max_length")]
