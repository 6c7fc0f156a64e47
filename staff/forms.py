"""The forms of signing in."""

from typing import Any, cast

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

_CODE = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(AdminAuthenticationForm):
    """Name and password. A name that no login can have is none to count failures for: Django only
    asks browsers to keep it short.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest = self.username_field.max_length
        self.fields["username"].validators.append(MaxLengthValidator(longest or 150))


class CodeForm(forms.Form):
    """The six digits that an authenticator app shows."""

    code = forms.CharField(
        label=_("Code from your app"),
        max_length=20,
        widget=forms.TextInput({**_CODE, "inputmode": "numeric", "autofocus": True}),
    )


class RecoveryForm(forms.Form):
    recovery = forms.CharField(
        label=_("Recovery code"),
        max_length=40,
        widget=forms.TextInput({**_CODE, "autocomplete": "off"}),
    )


class PasswordAgainForm(forms.Form):
    """The password of who is signed in, once more before something grave."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        return known(self.request, self.cleaned_data["password"])


class NewPasswordForm(PasswordChangeForm):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        return known(self.request, self.cleaned_data["old_password"])


def known(request: HttpRequest, password: str) -> str:
    """Return a password if it is the one of who is signed in.

    Counts as an attempt to sign in, so that wrong ones lock: who found an open browser must not
    find the password too.
    """
    user = cast(User, request.user)
    if authenticate(request, username=user.username, password=password) != user:
        if getattr(request, "axes_locked_out", False):
            raise forms.ValidationError(_("Too many wrong passwords. Try again later."))
        raise forms.ValidationError(_("This is not your password."))
    return password
