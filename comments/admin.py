"""Comments in the Django admin: a plain fallback for the desk, with the same verbs."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments import moderation
from comments.models import Comment, Discussion, StatusChange
from comments.status import VERBS, Status, Verb


class StatusChangeInline(admin.TabularInline):
    """The history, to be read."""

    model = StatusChange
    fields = readonly_fields = ("at", "old", "new", "by", "source", "reason", "feedback")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("comments.view_comment")


def _action(verb: Verb) -> Any:
    @admin.action(description=verb.label, permissions=["moderate"])  # type: ignore[arg-type]
    def action(self: "CommentAdmin", request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self.decide_all(request, queryset, verb)

    action.__name__ = verb.name
    return action


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ("writer", "excerpt", "article", "status_seen", "verdict", "created_at")
    list_filter = ("status", "verdict", "held_for", "created_at")
    search_fields = ("name", "text")
    show_full_result_count = False
    actions = [_action(verb) for verb in VERBS.values()]
    inlines = (StatusChangeInline,)
    fields = readonly_fields = (
        "article",
        "parent",
        "name",
        "masked_email",
        "url",
        "text",
        "created_at",
        "status",
        "verdict",
        "held_for",
        "held_detail",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return super().get_queryset(request).select_related("article", "submission")

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def writer(self, comment: Comment) -> str:
        return Truncator(comment.name).chars(40)

    @admin.display(description=gettext_lazy("comment"))
    def excerpt(self, comment: Comment) -> str:
        return Truncator(comment.text).chars(80)

    @admin.display(description=gettext_lazy("email"))
    def masked_email(self, comment: Comment) -> str:
        return comment.submission.masked_email

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_seen(self, comment: Comment) -> SafeString:
        """The status, and a hidden note of it that goes along with the action."""
        return format_html(
            '<input type="hidden" name="seen-{}" value="{}">{}',
            comment.pk,
            comment.status,
            Status(comment.status).label,
        )

    def decide_all(self, request: HttpRequest, comments: QuerySet[Comment], verb: Verb) -> None:
        """Do `verb` on each comment as it was seen on the page, and name those it did not fit."""
        done = 0
        for comment in comments:
            seen = request.POST.get(f"seen-{comment.pk}", comment.status)
            try:
                moderation.decide(verb, comment, by=cast(User, request.user), seen=seen)
                done += 1
            except moderation.AlreadyDecided as decided:
                self.message_user(request, f"{comment.name}: {decided}", messages.WARNING)
        if done:
            said = ngettext("%(n)d comment: %(done)s.", "%(n)d comments: %(done)s.", done)
            self.message_user(request, said % {"n": done, "done": verb.done}, messages.SUCCESS)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comments.moderate_comment")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False


@admin.register(Discussion)
class DiscussionAdmin(admin.ModelAdmin):
    """One row: the list leads to it, and it cannot be added to or deleted."""

    fieldsets = (
        (_("What waits, and what is refused"), {
            "fields": ("links_to_hold", "hold_words", "disallowed_words", "flood_seconds")
        }),
        (_("How threads are shown"), {"fields": ("comments_per_page", "depth")}),
    )  # fmt: skip

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
