from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from finobs.accounts.models import User
from finobs.core.forms import ReasonField, VersionedForm
from transactions.identifiers import writings
from transactions.parties.selectors import customers_visible
from transactions.parties.suggestions import SUGGESTED
from transactions.selectors import accounts_visible

from .choices import SubjectRole
from .models import Case, Queue
from .policies.programmes import conclusions_for, typologies_in_use
from .services.conclusion import MAX_RATIONALE_LENGTH, MIN_RATIONALE_LENGTH
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


class ConclusionForm(DraftForm):
    """A disposition with its reason, in the words of the programmes of `typologies`."""

    drafts = ("disposition", "reason_code", "rationale")

    disposition = forms.ChoiceField(label="Disposition", error_messages={"required": "Choose what you conclude."})
    reason_code = forms.ChoiceField(label="Reason", error_messages={"required": "Choose a reason that goes with it."})
    rationale = ReasonField(
        label="Rationale", min_length=MIN_RATIONALE_LENGTH, max_length=MAX_RATIONALE_LENGTH, rows=5,
        help_text="Why, in words that somebody who never saw the case can follow.",
    )  # fmt: skip

    def __init__(self, *args: Any, draft: str, typologies: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, draft=draft, **kwargs)
        dispositions, reasons = conclusions_for(typologies)
        self._choose("disposition", [("", "Choose…"), *dispositions.items()])
        groups = [(dispositions[code], list(some.items())) for code, some in reasons.items()]
        self._choose("reason_code", [("", "Choose…"), *groups])

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class CloseForm(VersionedForm, ConclusionForm):
    """About the incident or case that was on the page."""

    def __init__(self, *args: Any, typology: str, **kwargs: Any) -> None:
        super().__init__(*args, typologies={typology}, **kwargs)


class BulkCloseForm(ConclusionForm):
    """About the incidents of a preview."""

    def __init__(self, *args: Any, typologies: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, draft="close-many", typologies=typologies, **kwargs)


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


class MoveForm(VersionedForm):
    queue = forms.ModelChoiceField(
        queryset=Queue.objects.none(), label="To", empty_label="Choose…",
        help_text="Of the queues that serve its unit, those that you see.",
    )  # fmt: skip
    reason = ReasonField(rows=3)

    def __init__(self, *args: Any, queues: QuerySet[Queue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queue = self.fields["queue"]
        assert isinstance(queue, forms.ModelChoiceField)
        queue.queryset = queues


class WaitForm(VersionedForm):
    waiting_for = forms.CharField(label="For what", max_length=200)
    until = forms.DateTimeField(
        label="Until", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Whatever comes first: this moment, or somebody who takes it.",
    )  # fmt: skip


class ReopenForm(VersionedForm):
    reason = ReasonField(rows=3)


class EscalateForm(VersionedForm):
    case = forms.ModelChoiceField(
        queryset=Case.objects.none(), label="Into", required=False, empty_label="A new case",
        help_text="Open cases on the same subject that you may work.",
    )  # fmt: skip
    reason = ReasonField(rows=3)

    def __init__(self, *args: Any, cases: QuerySet[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        case = self.fields["case"]
        assert isinstance(case, forms.ModelChoiceField)
        case.queryset = cases


class SubjectField(forms.CharField):
    """What a referral is about, by id or name; what is typed brings suggestions into the list beside the field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=100, **kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        list_id = f"{field_name}-suggestions"
        self.widget.attrs |= {
            "list": list_id, "autocomplete": "off",
            "hx-get": reverse("cases:incident-open"), "hx-target": f"#{list_id}",
            "hx-trigger": "input changed delay:250ms", "hx-sync": "this:replace",
        }  # fmt: skip
        return super().get_bound_field(form, field_name)


class SubjectFields(forms.Form):
    """An account and a customer by their ids or names, as far as `user` sees them."""

    account = SubjectField(label="Account", help_text="Its id, or a part of the name of whoever holds it.")
    customer = SubjectField(label="Customer", help_text="Their id, or a part of their name.")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_account(self) -> Any:
        return self._one("account", accounts_visible(self.user))

    def clean_customer(self) -> Any:
        return self._one("customer", customers_visible(self.user))

    def _one(self, name: str, rows: QuerySet[Any]) -> Any:
        """The one row of that id, or else the only one that is found by the name."""
        text = self.cleaned_data[name].strip()
        if not text:
            return None
        of_id = list(rows.filter(external_id__in=sorted(writings(text)))[:2])
        matches = of_id or [each.row for each in SUGGESTED[name](self.user, text)]
        if not matches:
            raise forms.ValidationError(f"There is no {name} of this id or name.")
        if len(matches) > 1:
            raise forms.ValidationError(f"This is several: {', '.join(each.external_id for each in matches[:5])}.")
        return matches[0]


class SubjectChangeForm(VersionedForm):
    role = forms.ChoiceField(label="Role", choices=SubjectRole.choices)
    reason = ReasonField(rows=3)


class SubjectAddForm(SubjectFields, SubjectChangeForm):
    """An account or a customer that a case is about too."""

    field_order = ("account", "customer", "role", "reason")


class IncidentForm(SubjectFields, DraftForm):
    """A referral."""

    drafts = ("title", "text")
    field_order = ("queue", "typology", "title", "account", "customer", "text")

    queue = forms.ModelChoiceField(queryset=Queue.objects.none(), label="Queue", empty_label="Choose…")
    typology = forms.ChoiceField(label="Typology")
    title = forms.CharField(label="What it is about", max_length=200)
    text = forms.CharField(
        label="What was seen", max_length=MAX_NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Who, what, when, where; what made you look. It is kept as the first note.",
    )  # fmt: skip

    def __init__(self, *args: Any, queues: QuerySet[Queue], **kwargs: Any) -> None:
        super().__init__(*args, draft="incident-new", **kwargs)
        queue, typology = self.fields["queue"], self.fields["typology"]
        assert isinstance(queue, forms.ModelChoiceField)
        assert isinstance(typology, forms.ChoiceField)
        queue.queryset = queues
        typology.choices = [("", "Choose…"), *typologies_in_use().items()]
