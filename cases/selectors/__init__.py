"""Every read of queues, cases and incidents: what `user` may see of them."""

from ..timeline import item_timeline
from .finding import alert_location, delivery_locations, incidents_search, search
from .item_contents import (
    case_incidents,
    case_subject_get,
    case_subjects,
    item_alerts,
    item_entries,
    item_faults,
    item_notes,
    open_cases_about,
    open_incidents_about,
)
from .items import (
    case_get,
    cases_visible,
    conclusion_of,
    customer_cases,
    incident_get,
    incidents_get,
    incidents_visible,
    item_get,
    my_incidents,
    my_work,
    queue_items,
)
from .people import people_for_assign, person_for_assign
from .queues import may_work, queue_detail, queue_get, queues_for_move, queues_of_cases, queues_visible, queues_workable
from .steps import AvailableAction, BulkClosePreview, bulk_close_preview, item_actions
from .tags import tag_get, tags_visible

__all__ = [
    "AvailableAction",
    "BulkClosePreview",
    "alert_location",
    "bulk_close_preview",
    "case_get",
    "case_incidents",
    "case_subject_get",
    "case_subjects",
    "cases_visible",
    "conclusion_of",
    "customer_cases",
    "delivery_locations",
    "incident_get",
    "incidents_get",
    "incidents_search",
    "incidents_visible",
    "item_actions",
    "item_alerts",
    "item_entries",
    "item_faults",
    "item_get",
    "item_notes",
    "item_timeline",
    "may_work",
    "my_incidents",
    "my_work",
    "open_cases_about",
    "open_incidents_about",
    "people_for_assign",
    "person_for_assign",
    "queue_detail",
    "queue_get",
    "queue_items",
    "queues_for_move",
    "queues_of_cases",
    "queues_visible",
    "queues_workable",
    "search",
    "tag_get",
    "tags_visible",
]
