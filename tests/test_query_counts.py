"""How many queries each page takes for somebody who may see it: a page that comes to need more says so here."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support import scenarios

pytestmark = pytest.mark.django_db

# For a lead with one case. Five of each are the session, the person and their permissions; one more, on pages, is the
# count of approvals in the header.
MOST = {
    "/cases/": 19,
    "/cases/queues/": 12,
    "/cases/queues/{queues}/": 16,
    "/cases/{cases}/": 33,
    "/cases/incidents/": 14,
    "/cases/incidents/{incidents}/": 23,
    "/cases/{cases}/timeline/": 24,
    "/cases/policies/": 10,
    "/cases/policies/{policies}/": 12,
    "/cases/search/?q={cases}": 22,
    "/approvals/": 11,
    "/approvals/{approvals}/": 22,
    "/approvals/panel/cases.case/{subject_id}/": 22,
    "/detection/alerts/": 13,
    "/detection/alerts/{alerts}/": 14,
    "/detection/rules/": 11,
    "/detection/models/": 12,
    "/detection/models/{models}/performance/?from=2026-03-01&to=2026-03-30": 13,
    "/detection/models/{models}/performance/rows/?cell=scored&from=2026-03-01&to=2026-03-30": 15,
    "/detection/models/{models}/performance/summary/": 14,
    "/detection/models/{models}/capacity/?from=2026-03-01&to=2026-03-30": 20,
    "/detection/models/leaderboard/?from=2026-03-01&to=2026-03-30": 12,
    "/detection/training/": 11,
    "/detection/training/{training}/": 10,
    "/detection/reassessments/runs/": 12,
    "/detection/reassessments/runs/{runs}/": 11,
    "/transactions/": 11,
    "/transactions/accounts/": 11,
    "/transactions/accounts/{accounts}/": 16,
    "/transactions/counterparties/{counterparties}/": 18,
    "/transactions/customers/{customers}/counterparties/": 14,
    "/transactions/{transactions}/": 12,
    "/transactions/batches/": 12,
    "/transactions/quarantine/": 12,
    "/ledger/": 15,
    "/ledger/timeline/cases.case/{subject_id}/": 13,
    "/api/v1/cases": 8,
    "/api/v1/cases/{cases}": 19,
    "/api/v1/approvals": 9,
    "/api/v1/models/{models}/performance?from=2026-03-01&to=2026-03-30": 10,
    "/api/v1/models/leaderboard?from=2026-03-01&to=2026-03-30": 9,
}


@pytest.fixture
def scene(queue, analyst, lead, superuser):
    return scenarios.everything(queue, analyst, lead, superuser)


@pytest.mark.parametrize("path", MOST)
def test_a_page_needs_no_more_queries_than_it_did(path, scene, lead):
    client = Client()
    client.force_login(lead, backend="finobs.accounts.backends.RolePermissionBackend")
    address = path.format(**scene.subjects)
    client.get(address)  # what a process learns once, such as content types, is not the page's
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    assert len(asked) <= MOST[path], "\n".join(query["sql"][:200] for query in asked.captured_queries)
