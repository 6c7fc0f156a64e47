"""Data protection in the Django admin: export and erase by address, and who did what."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments import privacy
from comments.models import PrivacyEvent
from comments.personal import rights

STAFF = PrivacyEvent.Actor.STAFF
#: What may be done once an address was looked up: the step, and its button.
STEPS = (
    ("export", gettext_lazy("Download all of it")),
    ("confirm", gettext_lazy("Erase all of it …")),
)


class AddressForm(forms.Form):
    """Whose data it is about. Not an EmailField: other sites may have stored what is none."""

    email = forms.CharField(
        label=gettext_lazy("Email address"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "size": 40, "inputmode": "email"}
        ),
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if "@" not in email:
            raise forms.ValidationError(_("Enter a whole address: something@example.com."))
        return email


@admin.register(PrivacyEvent)
class PrivacyEventAdmin(admin.ModelAdmin):
    """What was looked at, exported or erased, to be read; and the page that exports and erases."""

    list_display = ("at", "kind", "actor", "by", "which", "comments")
    list_filter = ("kind", "actor", "at")
    list_select_related = ("by",)
    fields = readonly_fields = ("at", "kind", "actor", "by", "which", "comments")
    change_list_template = "admin/comments/privacyevent/change_list.html"

    @admin.display(description=gettext_lazy("comment"))
    def which(self, event: PrivacyEvent) -> str:
        """Its number: whoever reads this need not be allowed to read the comment."""
        return str(event.comment_id or "–")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PrivacyEvent]:
        return super().get_queryset(request).select_related("by")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.person)
        return [path("person/", view, name="comments_person"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = {"may_handle": request.user.has_perm("comments.handle_personal_data")}
        return super().changelist_view(request, {**(extra_context or {}), **may})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- one person -----------------------------------------------------------------------

    def person(self, request: HttpRequest) -> HttpResponse:
        """Look an address up, and then export or erase what is known under it.

        The address travels in the body of a POST only, so that no log and no history holds it.
        """
        if not request.user.has_perm("comments.handle_personal_data"):
            raise PermissionDenied
        form = AddressForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._show(request, form, status=422 if form.is_bound else 200)
        hashes = privacy.address_hashes(form.cleaned_data["email"])
        by, step = cast(User, request.user), request.POST.get("step", "look")
        if step == "export":
            return _download(rights.export_address(hashes, actor=STAFF, by=by))
        if step == "erase":
            erased = rights.erase_address(hashes, actor=STAFF, by=by)
            self.message_user(request, _("Erased. Comments concerned: %d.") % erased)
            return redirect("admin:comments_person")
        known = rights.known_about(hashes)
        if not known["anything"]:
            said = _("Nothing is known under this address.")
            self.message_user(request, said, messages.WARNING)
        confirm = step == "confirm" and known["anything"]
        return self._show(request, form, known=known, confirm=confirm)

    def _show(
        self, request: HttpRequest, form: AddressForm, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Export or erase what is known about a person"),
            "opts": self.opts,
            "form": form,
            "steps": STEPS,
        }
        template = "admin/comments/privacyevent/person.html"
        return render(request, template, context, status=status)


def _download(data: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(rights.as_json(data), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    return response
