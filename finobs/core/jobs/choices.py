from typing import Final

from django.db.models import TextChoices


class JobState(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES: Final = (JobState.QUEUED, JobState.RUNNING)
ENDED_STATES: Final = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
