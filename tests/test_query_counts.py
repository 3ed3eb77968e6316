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
    "/cases/": 17,
    "/cases/queues/": 10,
    "/cases/queues/{queues}/": 15,
    "/cases/{cases}/": 31,
    "/cases/incidents/": 12,
    "/cases/incidents/{incidents}/": 12,
    "/cases/search/?q={cases}": 12,
    "/approvals/": 10,
    "/approvals/{approvals}/": 16,
    "/approvals/panel/cases.case/{subject_id}/": 16,
    "/detection/alerts/": 12,
    "/detection/alerts/{alerts}/": 12,
    "/detection/rules/": 10,
    "/detection/models/": 11,
    "/detection/models/{models}/performance/?from=2026-03-01&to=2026-03-30": 12,
    "/detection/models/{models}/performance/rows/?cell=scored&from=2026-03-01&to=2026-03-30": 14,
    "/detection/models/{models}/performance/summary/": 13,
    "/detection/models/{models}/capacity/?from=2026-03-01&to=2026-03-30": 18,
    "/detection/models/leaderboard/?from=2026-03-01&to=2026-03-30": 11,
    "/detection/training/": 10,
    "/detection/training/{training}/": 9,
    "/detection/reassessments/runs/": 11,
    "/detection/reassessments/runs/{runs}/": 10,
    "/transactions/": 11,
    "/transactions/accounts/": 11,
    "/transactions/accounts/{accounts}/": 12,
    "/transactions/batches/": 11,
    "/transactions/quarantine/": 11,
    "/ledger/": 14,
    "/ledger/timeline/cases.case/{subject_id}/": 13,
    "/api/v1/cases": 8,
    "/api/v1/cases/{cases}": 14,
    "/api/v1/approvals": 8,
    "/api/v1/models/{models}/performance?from=2026-03-01&to=2026-03-30": 9,
    "/api/v1/models/leaderboard?from=2026-03-01&to=2026-03-30": 8,
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
