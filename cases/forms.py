from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from finobs.accounts.models import User
from finobs.core.forms import ReasonField, VersionedForm

from .choices import REASONS_BY_DISPOSITION, Disposition
from .services.case_close import MAX_RATIONALE_LENGTH, MIN_RATIONALE_LENGTH
from .services.note_add import MAX_NOTE_LENGTH


class DraftForm(forms.Form):
    """A form whose fields the browser keeps as a draft under the name `draft`, until they have been accepted."""

    drafts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, draft: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        for name in self.drafts:
            self.fields[name].widget.attrs["data-draft"] = f"{draft}-{name}"


class NoteForm(DraftForm):
    drafts = ("text",)
    text = forms.CharField(
        label="Note",
        max_length=MAX_NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you found or think. A note stays as it is; a correction is another note.",
        error_messages={"required": "Write something."},
    )


class CloseForm(VersionedForm, DraftForm):
    """A disposition with its reason, about the case that was on the page."""

    drafts = ("disposition", "reason_code", "rationale")

    disposition = forms.ChoiceField(
        choices=[("", "Choose…"), *Disposition.choices[1:]],
        label="Disposition",
        error_messages={"required": "Choose what you conclude."},
    )
    reason_code = forms.ChoiceField(
        choices=[
            ("", "Choose…"),
            *(
                (kind.label, [(code.value, code.label) for code in codes])
                for kind, codes in REASONS_BY_DISPOSITION.items()
            ),
        ],
        label="Reason",
        error_messages={"required": "Choose a reason that goes with it."},
    )
    rationale = ReasonField(
        label="Rationale", min_length=MIN_RATIONALE_LENGTH, max_length=MAX_RATIONALE_LENGTH, rows=5,
        help_text="Why, in words that somebody who never saw the case can follow.",
    )  # fmt: skip


class PersonChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of several people, told apart by their addresses."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class AssignForm(VersionedForm):
    to = PersonChoiceField(queryset=User.objects.none(), label="To", empty_label="Choose…")
    reason = ReasonField(rows=3)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        assert isinstance(to, forms.ModelChoiceField)
        to.queryset = people
