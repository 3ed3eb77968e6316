"""The pages of `bench lists`, on a small deployment: how many queries each takes, exactly, is in a file beside it.

`test_query_counts` holds an upper bound for every page of a lead with one case; here the lists have many rows, filters,
neighbouring pages, and somebody who sees them by queues, by a group and by single cases.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.benchmarks import lists
from tests.benchmarks.deployment import Deployment

BASELINE = Path(lists.__file__).with_name("lists_baseline.json")
SIZE = 1_000


@pytest.fixture
def deployment(transactional_db: None) -> Deployment:
    deployment = Deployment(SIZE)
    deployment.fill()
    return deployment


def test_each_list_takes_as_many_queries_as_its_baseline_says(deployment: Deployment) -> None:
    client = lists.reader_client(deployment)
    queries: dict[str, int] = {}
    for page in lists.list_pages(deployment):
        lists.warm_up(client, page)
        queries[page.name] = page.queries
        with CaptureQueriesContext(connection) as captured:
            for address in page.addresses:
                lists.get(client, address)
        assert unindexed(captured.captured_queries) == []
    assert queries == json.loads(BASELINE.read_text())


def unindexed(queries: Any) -> list[str]:
    """What no index serves: all columns of all rows compared with each other, and texts in other letters. But for the
    names of customers, which a search asks for that found nothing else."""
    names = re.compile(r'"name_key"(::text)? LIKE')
    texts = [query["sql"] for query in queries if not names.search(query["sql"])]
    return [sql[:300] for sql in texts if "SELECT DISTINCT" in sql or "UPPER(" in sql or "LIKE " in sql]
