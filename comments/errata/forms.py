"""The form in which readers say what is wrong in an article."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from comments import text
from comments.forms import HONEYPOT_LENGTH, CommentTextField, honeypot
from comments.models import EMAIL_LENGTH, NAME_LENGTH
from comments.models.errata import CLAIM_LENGTH, QUOTE_LENGTH, SOURCE_LENGTH
from comments.spam import HONEYPOT_FIELD

_TOO_LONG = _("Please shorten this to %(limit_value)d characters; it has %(show_value)d.")
_TOO_LONG_ADDRESS = _("Please shorten the address to %(limit_value)d characters.")


class ErrorForm(forms.Form):
    """What a reader fills in. It touches no database."""

    quote = CommentTextField(
        label=_("The sentence in question"),
        help_text=_("Copy it from the article."),
        max_length=QUOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("Please copy the sentence that is wrong."),
            "max_length": _TOO_LONG,
        },
    )
    claim = CommentTextField(
        label=_("What is wrong, and what is right"),
        max_length=CLAIM_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": _("Please say what is wrong with it, and what is right."),
            "max_length": _TOO_LONG,
        },
    )
    source = forms.URLField(
        label=_("A source for that (web address)"),
        max_length=SOURCE_LENGTH,
        required=False,
        assume_scheme="https",
        error_messages={
            "invalid": _("This does not look like a web address."),
            "max_length": _TOO_LONG_ADDRESS,
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=NAME_LENGTH,
        required=False,
        error_messages={"max_length": _("Please shorten the name to %(limit_value)d characters.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your email address"),
        max_length=EMAIL_LENGTH,
        required=False,
        error_messages={
            "invalid": _("This does not look like an email address."),
            "max_length": _TOO_LONG_ADDRESS,
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    tell = forms.BooleanField(label=_("Tell me by mail what comes of it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "error-%s")
        super().__init__(*args, **kwargs)
        if not settings.MAIL_ENABLED:
            del self.fields["tell"]
        self.fields[HONEYPOT_FIELD] = honeypot()

    @property
    def trap(self) -> forms.BoundField:
        """The field that people do not see."""
        return self[HONEYPOT_FIELD]

    def clean_quote(self) -> str:
        return self._visible("quote")

    def clean_claim(self) -> str:
        return self._visible("claim")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if text.has_control_characters(name):
            said = _("There are characters in this name that cannot be shown.")
            raise ValidationError(said, code="control")
        return text.clean_name(name)

    def clean_source(self) -> str:
        url: str = self.cleaned_data["source"]
        if url and not url.startswith(("http://", "https://")):
            raise ValidationError(self.fields["source"].error_messages["invalid"], code="invalid")
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned.setdefault("tell", False)
        cleaned["honeypot"] = cleaned.get(HONEYPOT_FIELD, "")[:HONEYPOT_LENGTH]
        if cleaned["tell"] and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Please say to which address, or untick the box below."))
        return cleaned

    def point_out_errors(self) -> None:
        """Put the cursor into the first field that is wrong."""
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return

    def _visible(self, name: str) -> str:
        cleaned = text.clean_text(self.cleaned_data[name])
        if not text.is_visible(cleaned):
            raise ValidationError(self.fields[name].error_messages["required"], code="required")
        return cleaned
