from django.urls import URLPattern, URLResolver, path

from . import api, incident_api, policy_api, subject_api

app_name = "cases_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("cases", api.CaseList.as_view(), name="case-list"),
    path("cases/<str:reference>", api.CaseDetail.as_view(), name="case-detail"),
    path("cases/<str:reference>/take", api.CaseTake.as_view(), name="case-take"),
    path("cases/<str:reference>/release", api.CaseRelease.as_view(), name="case-release"),
    path("cases/<str:reference>/assign", api.CaseAssign.as_view(), name="case-assign"),
    path("cases/<str:reference>/wait", api.CaseWait.as_view(), name="case-wait"),
    path("cases/<str:reference>/move", api.CaseMove.as_view(), name="case-move"),
    path("cases/<str:reference>/close", api.CaseClose.as_view(), name="case-close"),
    path("cases/<str:reference>/reopen", api.CaseReopen.as_view(), name="case-reopen"),
    path("cases/<str:reference>/notes", api.NoteList.as_view(), name="note-list"),
    path("cases/<str:reference>/tag", policy_api.CaseTag.as_view(), name="case-tag"),
    path("cases/<str:reference>/untag", policy_api.CaseUntag.as_view(), name="case-untag"),
    path("cases/<str:reference>/alerts", subject_api.CaseAlertList.as_view(), name="case-alert-list"),
    path("cases/<str:reference>/subjects", subject_api.CaseSubjectAdd.as_view(), name="case-subject-add"),
    path(
        "cases/<str:reference>/subjects/<int:pk>", subject_api.CaseSubjectChange.as_view(), name="case-subject-change"
    ),
    path(
        "cases/<str:reference>/subjects/<int:pk>/remove",
        subject_api.CaseSubjectRemove.as_view(),
        name="case-subject-remove",
    ),
    path("incidents/<str:reference>/alerts", subject_api.IncidentAlertList.as_view(), name="incident-alert-list"),
    path("tags", policy_api.TagList.as_view(), name="tag-list"),
    path("work-policies", policy_api.WorkPolicyList.as_view(), name="work-policy-list"),
    path("work-policies/<slug:slug>", policy_api.WorkPolicyDetail.as_view(), name="work-policy-detail"),
    path(
        "work-policies/<slug:slug>/versions",
        policy_api.WorkPolicyVersionList.as_view(),
        name="work-policy-version-list",
    ),
    path("work-policies/<slug:slug>/revert", policy_api.WorkPolicyRevert.as_view(), name="work-policy-revert"),
    path("work-policies/<slug:slug>/dry-run", policy_api.WorkPolicyDryRun.as_view(), name="work-policy-dry-run"),
    path("queues", api.QueueList.as_view(), name="queue-list"),
    path("queues/<slug:slug>", api.QueueDetail.as_view(), name="queue-detail"),
    path("queues/<slug:slug>/take-next", api.CaseTakeNext.as_view(), name="case-take-next"),
    path("queues/<slug:slug>/take-next-incident", incident_api.IncidentTakeNext.as_view(), name="incident-take-next"),
    path("incidents", incident_api.IncidentList.as_view(), name="incident-list"),
    path("incidents/close", incident_api.IncidentsClose.as_view(), name="incidents-close"),
    path("incidents/<str:reference>", incident_api.IncidentDetail.as_view(), name="incident-detail"),
    path("incidents/<str:reference>/take", incident_api.IncidentTake.as_view(), name="incident-take"),
    path("incidents/<str:reference>/release", incident_api.IncidentRelease.as_view(), name="incident-release"),
    path("incidents/<str:reference>/assign", incident_api.IncidentAssign.as_view(), name="incident-assign"),
    path("incidents/<str:reference>/wait", incident_api.IncidentWait.as_view(), name="incident-wait"),
    path("incidents/<str:reference>/move", incident_api.IncidentMove.as_view(), name="incident-move"),
    path("incidents/<str:reference>/close", incident_api.IncidentClose.as_view(), name="incident-close"),
    path("incidents/<str:reference>/escalate", incident_api.IncidentEscalate.as_view(), name="incident-escalate"),
    path("incidents/<str:reference>/reopen", incident_api.IncidentReopen.as_view(), name="incident-reopen"),
    path("incidents/<str:reference>/notes", api.IncidentNoteList.as_view(), name="incident-note-list"),
    path("incidents/<str:reference>/tag", policy_api.IncidentTag.as_view(), name="incident-tag"),
    path("incidents/<str:reference>/untag", policy_api.IncidentUntag.as_view(), name="incident-untag"),
]
