from django.db.models import TextChoices


class Kind(TextChoices):
    HUMAN = "human", "Person"
    SERVICE = "service", "Machine account"
    SYSTEM = "system", "Part of finobs itself"
