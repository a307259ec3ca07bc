"""How allauth's forms look here: the label says what to type, nothing repeats it inside the field."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.forms import AddWebAuthnForm as AllauthAddWebAuthnForm
from allauth.mfa.webauthn.forms import EditWebAuthnForm as AllauthEditWebAuthnForm
from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from versants.people.services import devices, limits, wording


class _Bare:
    """For the front of an allauth form: its fields without the words it puts inside them."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_Bare, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""  # the way to a new password stands once, below the form


class ResetPasswordForm(_Bare, allauth.ResetPasswordForm):
    """A new password by mail: to the address of the account, or to another that its owner has shown to be theirs."""

    def clean_email(self) -> str:
        """Whoever reads an address that was typed wrong must not get the account."""
        email: str = super().clean_email()
        shown = EmailAddress.objects.filter(user__in=self.users, email__iexact=email, verified=True)
        theirs = set(shown.values_list("user_id", flat=True))
        self.users = [
            one for one in self.users if one.pk in theirs or one.email.casefold() == email.casefold()
        ]
        return email


class ResetPasswordKeyForm(_Bare, allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = ""  # what is asked of it stands under the title


class ChangePasswordForm(_Bare, allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = ""


class ReauthenticatePasswordForm(_Bare, allauth.ReauthenticateForm):
    """The password again."""


class AddEmailForm(_Bare, allauth.AddEmailForm):
    """Another address: it counts once the link that is sent there was opened."""

    email = allauth.EmailField(
        label=_("Another address"),
        help_text=_("A link goes there. Once it was opened, you may choose this address."),
    )


class PasswordForm(forms.Form):
    """A first or a new password, typed once: the browser keeps it, or the e-mail gives another."""

    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least twelve characters. Three or four words that do not belong together are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=200,
    )

    def __init__(self, *args: Any, account: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_password(self) -> str:
        from django.contrib.auth.password_validation import validate_password

        password: str = self.cleaned_data["password"]
        validate_password(password, self.account)
        return password


class _CodeField(_Bare):
    """A field ``code`` that a telephone fills in by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(
            {"inputmode": "numeric", "autocomplete": "one-time-code", "dir": "ltr"}
        )


class _Code:
    """A code of the app, each good for one sign-in (RFC 6238, 5.2), or a recovery code.

    Wrong codes are counted as wrong passwords are: a stranger who knows the password does not shut the owner out.
    """

    user: Any
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        request = context.request
        device = devices.known(request, self.user.email)
        client = limits.client_of(request)
        charge = limits.charge("code", self.user.email, client, device)
        if charge.wait_s:
            raise forms.ValidationError(wording.wait(charge.wait_s), code="too_many_login_attempts")
        code: str = self.cleaned_data["code"].replace(" ", "")
        with transaction.atomic():
            held = Authenticator.objects.select_for_update().filter(user=self.user).order_by("-type")
            for one in held.exclude(type=Authenticator.Type.WEBAUTHN):
                fits = _fits_once if one.type == Authenticator.Type.TOTP else _is_recovery_code
                if fits(one, code):
                    one.user = self.user
                    self.authenticator = one
                    limits.give_back(charge.keys)
                    limits.forget("code", self.user.email, client, device)
                    return code
        raise get_adapter().validation_error("incorrect_code")


def _fits_once(one: Authenticator, code: str) -> bool:
    secret = one.wrap().instance.data["secret"]
    secret = get_adapter().decrypt(secret)
    for counter in totp.yield_hotp_counters_from_time():
        right = totp.compare_user_code(
            actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, counter))
        )
        if right and counter > one.data.get("last_counter", 0):
            one.data["last_counter"] = counter
            one.save(update_fields=["data"])
            return True
    return False


def _is_recovery_code(one: Authenticator, code: str) -> bool:
    return bool(one.wrap().validate_code(code))


class AuthenticateForm(_CodeField, _Code, mfa.AuthenticateForm):
    """The code after the password."""


class ReauthenticateForm(_CodeField, _Code, mfa.ReauthenticateForm):
    """The code again."""


class ActivateTOTPForm(_CodeField, AllauthActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("The six figures it shows")


class AddWebAuthnForm(AllauthAddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("A name for it, to know it again")
        self.fields["name"].max_length = 60  # type: ignore[attr-defined]


class EditWebAuthnForm(AllauthEditWebAuthnForm):
    name = forms.CharField(label=_("A name for it, to know it again"), max_length=60)
