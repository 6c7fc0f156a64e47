"""*Settings → Discussion* in the Django admin: one row, everything that moderators tune."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from comments import trial
from comments.models import Discussion

_PATTERNS = _(
    "A line of one or two characters finds nearly every comment. A regular expression is refused "
    "when it could take too long; one that runs out of time on a comment holds it and says so."
)


class DiscussionForm(forms.ModelForm):
    """The settings; a change of the rules is tried on past comments before it is saved.

    What would have held a comment that people approved, and what is too short to mean anything,
    is saved only with a tick for exactly this change. A press of "Try it" saves nothing.
    """

    class Meta:
        model = Discussion
        fields = "__all__"  # noqa: DJ007  (a test holds that the sets show all)

    tried: trial.Change | None = None
    outcome: trial.Outcome | None = None

    @property
    def tick(self) -> str:
        """What the tick says: it is good for this change and no other."""
        return salted_hmac("comments.trial", repr(self.tried)).hexdigest()[:16]

    @property
    def trial_listed(self) -> int:
        return trial.LISTED

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            self._try()

    def _try(self) -> None:
        self.tried = trial.change(Discussion.load(), self.instance)
        only_try = "_try" in self.data
        if self.tried:
            self.outcome = trial.run(self.tried)
        if only_try and not self.tried:
            self.add_error(None, gettext("Nothing to try: no rule was made stricter."))
        elif only_try:
            self.add_error(None, gettext("Tried, and not saved. What was found stands below."))
        elif self.data.get("trial_tick") != self.tick:
            if self.tried.short:
                said = gettext("Too short to mean anything: %s. Tick below to save all the same.")
                self.add_error(None, said % ", ".join(self.tried.short))
            elif self.outcome and self.outcome.approved:
                said = gettext(
                    "It would have held comments that were approved. Tick below to save it."
                )
                self.add_error(None, said)


@admin.register(Discussion)
class DiscussionAdmin(admin.ModelAdmin):
    """One row: the list leads to it, and it cannot be added to or deleted."""

    form = DiscussionForm
    change_form_template = "admin/comments/discussion/change_form.html"
    fieldsets = (
        (_("What waits for a moderator"), {
            "fields": (
                "trust_known_writers",
                "approvals_to_trust",
                "links_to_hold",
                "hold_words",
                "hold_scams",
                "reports_to_hold",
            ),
            "description": _PATTERNS,
        }),
        (_("What is refused"), {
            "fields": (
                "disallowed_words",
                "flood_seconds",
                "flood_per_minute",
                "flood_per_hour",
                "close_after_days",
            ),
            "description": _(
                "No limit and no word stops staff who are signed in; from the desk they may answer "
                "where comments are closed too. Slow mode is set at each article."
            ),
        }),
        (_("Akismet"), {
            "fields": ("discard_blatant_spam", "akismet_log_only", "akismet_gets_email"),
        }),
        (_("Moderators"), {"fields": ("authors_moderate", "digest_minutes")}),
        (_("Writers"), {"fields": ("edit_minutes",)}),
        (_("How threads are shown"), {"fields": ("comments_per_page", "depth")}),
        (_("How many days things are kept"), {
            "fields": ("spam_days", "trash_days", "sent_days", "origin_days"),
            "description": _(
                "What is older is deleted by the worker; the page on comment data says so."
            ),
        }),
    )  # fmt: skip

    class Media:
        # What is typed outlives a login that ran out.
        js = (forms.Script("js/kept.js", type="module"),)
        css = {"all": ["css/admin.css"]}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one row, which holds the defaults until somebody saves it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row, _created = Discussion.objects.get_or_create(pk=Discussion.SINGLETON)
        return redirect("admin:comments_discussion_change", row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Discussion | None = None) -> bool:
        return False
