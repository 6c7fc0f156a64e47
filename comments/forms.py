"""The comment form: WordPress's fields and words, laid out by django-crispy-forms."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Layout, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from comments import privacy, text, tokens
from comments.models import EMAIL_LENGTH, NAME_LENGTH, TEXT_LENGTH, URL_LENGTH
from comments.spam import HONEYPOT_FIELD
from comments.spam.rules import Draft

HONEYPOT_LENGTH = 100
_NOTES = HTML('{% include "comments/form_notes.html" %}')
_COUNTER = HTML('{% include "comments/_counter.html" with field=form.text %}')
_REMEMBER = HTML('{% include "comments/form_remember.html" %}')
_PRIVACY = HTML('{% include "comments/form_privacy.html" %}')


class CommentTextField(forms.CharField):
    """A comment's text. What is too long is told, not cut off as `maxlength` would when pasting.

    Browsers send two characters for a line break, and count one.
    """

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class _Unseen(forms.Field):
    """A field that scripts fill in. What cannot be read is nothing: nobody could mend it."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError:
            return None


class KeyField(_Unseen, forms.UUIDField):
    """A submission key."""


class ProofField(_Unseen, forms.CharField):
    """What the browser of somebody who confirmed their address keeps."""


class ForgottenInput(forms.HiddenInput):
    """Unseen, and not filled in again by a reload: a field of type hidden may not ask for that."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, {**(attrs or {}), "hidden": True})
        context["widget"]["type"] = "text"
        return context


def honeypot() -> forms.CharField:
    """A field that people do not see: who fills it in is most likely a program."""
    return forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.Textarea(
            attrs={
                "autocomplete": "off",
                "tabindex": "-1",
                "aria-hidden": "true",
                "rows": 1,
                "maxlength": HONEYPOT_LENGTH,
            }
        ),
    )


class CommentForm(forms.Form):
    """What a reader fills in. It touches no database; `draft` hands its contents on."""

    text = CommentTextField(
        label=_("Comment"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={
            "required": _("Please write a comment."),
            "max_length": _(
                "Please shorten the comment to %(limit_value)d characters; it has %(show_value)d."
            ),
        },
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": _("Please tell us your name."),
            "max_length": _("Please shorten the name to %(limit_value)d characters."),
        },
    )
    email = forms.EmailField(
        label=_("Email"),
        max_length=EMAIL_LENGTH,
        error_messages={
            "required": _("Please give your email address."),
            "invalid": _("This does not look like an email address."),
            "max_length": _("Please shorten the address to %(limit_value)d characters."),
        },
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "aria-describedby": "email-notes"},
        ),
    )
    url = forms.URLField(
        label=_("Website"),
        max_length=URL_LENGTH,
        required=False,
        assume_scheme="https",
        error_messages={
            "invalid": _("This does not look like a web address."),
            "max_length": _("Please shorten the address to %(limit_value)d characters."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "url", "inputmode": "url"}),
    )
    parent = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )
    notify = forms.BooleanField(label=_("Email me when somebody replies"), required=False)
    # Filled in by static/js/comment-form.js, once a page.
    key = KeyField(required=False, widget=ForgottenInput(attrs={"autocomplete": "off"}))
    # Filled in by static/js/drafts.js from what the browser of somebody who confirmed their
    # address keeps.
    proof = ProofField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, action: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "respond-%s")
        super().__init__(*args, **kwargs)
        if not settings.MAIL_ENABLED:
            del self.fields["notify"]
        self.fields[HONEYPOT_FIELD] = honeypot()
        self.helper = FormHelper()
        self.helper.form_action = action
        self.helper.form_class = "comment-form"
        self.helper.form_id = "commentform"
        self.helper.disable_csrf = True  # see comments/forgery.py
        self.helper.layout = Layout(
            _NOTES,
            Div("text", _COUNTER, css_class="comment-form-text"),
            Div("name", "email", "url", css_class="comment-form-person"),
            Div(Field(HONEYPOT_FIELD), css_class="comment-form-aside"),
            Div(
                _REMEMBER,
                *(name for name in ("notify",) if name in self.fields),
                css_class="comment-form-choices",
            ),
            "parent",
            "key",
            "proof",
            Div(
                Submit("submit", _("Post Comment"), css_class="button"),
                Submit("preview", _("Preview"), css_class="button quiet"),
                css_class="comment-form-buttons",
            ),
            _PRIVACY,
        )

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if text.has_control_characters(name):
            said = _("There are characters in this name that cannot be shown.")
            raise ValidationError(said, code="control")
        name = text.clean_name(name)
        if not text.is_visible(name):
            raise ValidationError(self.fields["name"].error_messages["required"], code="required")
        return name

    def clean_text(self) -> str:
        cleaned = text.clean_text(self.cleaned_data["text"])
        if not text.is_visible(cleaned):
            raise ValidationError(self.fields["text"].error_messages["required"], code="required")
        return cleaned

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if url and not url.startswith(("http://", "https://")):
            raise ValidationError(self.fields["url"].error_messages["invalid"], code="invalid")
        return url

    def point_out_errors(self) -> None:
        """Tie each error to its field for screen readers, and put the cursor into the first."""
        for position, name in enumerate(name for name in self.fields if name in self.errors):
            attrs = self.fields[name].widget.attrs
            described = [attrs.get("aria-describedby"), f"respond-{name}_error"]
            attrs["aria-describedby"] = " ".join(filter(None, described))
            if position == 0:
                attrs["autofocus"] = True

    def forget_parent(self) -> None:
        """Keep everything but what it replies to."""
        self.data = dict(self.data.items()) | {"parent": ""}

    def draft(self, **origin: Any) -> Draft:
        """Return what was filled in, with where it came from (`ip`, `user_agent`, `referrer`)."""
        data = self.cleaned_data
        return Draft(
            name=data["name"],
            email=data["email"],
            text=data["text"],
            url=data["url"],
            parent_id=data["parent"],
            key=data["key"],
            notify=data.get("notify", False),
            proven=proves(data["proof"], data["email"]),
            honeypot=data[HONEYPOT_FIELD][:HONEYPOT_LENGTH],
            **origin,
        )


def proves(proof: str | None, email: str) -> bool:
    """Tell whether `proof` was given to somebody who showed that they hold the address `email`."""
    try:
        return tokens.PROOF.read(proof or "") in privacy.address_hashes(email)
    except tokens.Invalid:
        return False
