from django.contrib.auth.backends import ModelBackend


class PeopleBackend(ModelBackend):
    """Signs in people only; machines use tokens, and finobs's own processes never sign in."""

    def user_can_authenticate(self, user: object) -> bool:
        return getattr(user, "kind", "") == "human" and super().user_can_authenticate(user)  # type: ignore[arg-type]
