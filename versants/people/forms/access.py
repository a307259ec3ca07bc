"""Forms by which access is given, taken back and accounted for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.forms import Day, DayField
from versants.core.ids import clean_code
from versants.core.web.context import AUTONYMS
from versants.people.models import Account, AuthorityDemand, DemandAnswer, Membership, Professional, Team
from versants.people.services import invitations, recoveries


class InvitationForm(forms.Form):
    """Whom, as what, from when to when."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(label=_("First name and name"), max_length=80)
    language = forms.ChoiceField(label=_("Writes to them in"))
    role = forms.ChoiceField(label=_("Role"))
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("none")
    )
    professional = forms.ModelChoiceField(
        label=_("Professional in the directory"),
        queryset=Professional.objects.none(),
        required=False,
        empty_label=_("none"),
        help_text=_("Whose visits they see as their own."),
    )
    begins = DayField(label=_("From"), widget=Day)
    ends = DayField(
        label=_("Last day"), widget=Day, required=False, help_text=_("Empty: until further notice.")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"begins": clock.today(), "team": actor.desk})
        super().__init__(*args, **kwargs)
        given = invitations.roles_to_give(actor)
        names = dict(Role.choices)
        self.fields["role"].choices = [("", _("Choose"))] + [(one, names[one]) for one in given]  # type: ignore[attr-defined]
        self.fields["language"].choices = [(code, AUTONYMS[code]) for code, _name in settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["team"].queryset = Team.objects.filter(organisation_id=actor.organisation)  # type: ignore[attr-defined]
        self.fields["professional"].queryset = (  # type: ignore[attr-defined]
            Professional.objects.visible_to(actor)
            .filter(organisation_id=actor.organisation, memberships=None)
            .order_by("first_name", "last_name")
        )
        if not self.fields["professional"].queryset.exists():  # type: ignore[attr-defined]
            del self.fields["professional"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        last = given.get("ends")
        if last is not None:
            given["ends"] = last + timedelta(days=1)
        return given


class EndRoleForm(forms.Form):
    """The last day on which a role holds."""

    last = DayField(label=_("Last day"), widget=Day, required=False, help_text=_("Empty: it ends now."))

    def ends(self) -> Any:
        """The first day without the role."""
        last = self.cleaned_data["last"]
        return clock.today() if last is None else last + timedelta(days=1)


class HandOverForm(forms.Form):
    """To whom, and from which day."""

    to = forms.ModelChoiceField(label=_("To"), queryset=Account.objects.none(), empty_label=_("Choose"))
    begins = DayField(label=_("From"), widget=Day)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = Membership.objects.active().filter(organisation_id=membership.organisation_id)
        self.fields["to"].queryset = (  # type: ignore[attr-defined]
            Account.objects.filter(pk__in=colleagues.values("account"), is_active=True)
            .exclude(pk=membership.account_id)
            .order_by("name")
        )


class RecoveryForm(forms.Form):
    """Who lost access, and what was lost."""

    account = forms.ModelChoiceField(label=_("Who"), queryset=Account.objects.none(), empty_label=_("Choose"))
    reason = forms.ChoiceField(label=_("What was lost"), choices=list(recoveries.REASONS.items()))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Membership.objects.active().filter(organisation_id=actor.organisation)
        self.fields["account"].queryset = (  # type: ignore[attr-defined]
            Account.objects.filter(pk__in=mine.values("account")).exclude(pk=actor.account).order_by("name")
        )


class DemandForm(forms.ModelForm):  # type: ignore[type-arg]
    """A demand by an authority. No field takes a name."""

    class Meta:
        model = AuthorityDemand
        fields = ["received_on", "asker", "country", "ground", "reference", "asked", "person_code"]
        widgets = {"received_on": Day}
        help_texts = {
            "reference": _("Its file number, never a name."),
            "person_code": _("Only if one person is concerned."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("asker", "country", "ground", "asked"):
            offered = list(self.fields[name].choices)[1:]  # type: ignore[attr-defined]
            self.fields[name].choices = [("", _("Choose")), *offered]  # type: ignore[attr-defined]

    def clean_person_code(self) -> str:
        typed = self.cleaned_data["person_code"]
        if not typed:
            return ""
        code = clean_code(typed)
        if code is None:
            raise forms.ValidationError(_("A programme code such as V7K4-2M9X, or nothing."))
        return code


class AnswerForm(forms.ModelForm):  # type: ignore[type-arg]
    """What was answered, and when."""

    class Meta:
        model = DemandAnswer
        fields = ["answered_on", "answer"]
        widgets = {"answered_on": Day}
