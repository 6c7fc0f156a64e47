"""Comments in the Django admin: a plain fallback for the desk, with the same verbs."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments import moderation
from comments.desk.pages import seen_of
from comments.discussion_admin import DiscussionAdmin
from comments.errata.admin import ErrorReportAdmin
from comments.models import Comment, PrivacyEvent, StatusChange
from comments.personal import rights
from comments.personal.admin import PrivacyEventAdmin
from comments.status import VERBS, Status, Verb

__all__ = ["CommentAdmin", "DiscussionAdmin", "ErrorReportAdmin", "PrivacyEventAdmin"]


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
    change_form_template = "admin/comments/comment/change_form.html"
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

    def get_urls(self) -> list[Any]:
        address = path(
            "<int:pk>/reveal/",
            self.admin_site.admin_view(self.reveal),
            name="comments_comment_reveal",
        )
        return [address, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        may = {"may_reveal": request.user.has_perm("comments.reveal_address")}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **may})

    def reveal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show one address in full, in this answer only, and note who looked at it."""
        may = request.user.has_perm("comments.reveal_address")
        if not (may and self.has_view_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:comments_comment_change", pk)
        comment = get_object_or_404(Comment.objects.select_related("submission"), pk=pk)
        rights.note(
            PrivacyEvent.Kind.REVEAL,
            actor=PrivacyEvent.Actor.STAFF,
            by=cast(User, request.user),
            comment=comment,
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Address revealed"),
            "opts": self.opts,
            "comment": comment,
        }
        return render(request, "admin/comments/comment/reveal.html", context)

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
            '<input type="hidden" name="seen-{0}" value="{1}">'
            '<input type="hidden" name="since-{0}" value="{2}">{3}',
            comment.pk,
            comment.status,
            comment.since.isoformat(),
            Status(comment.status).label,
        )

    def decide_all(self, request: HttpRequest, comments: QuerySet[Comment], verb: Verb) -> None:
        """Do `verb` on each comment as it was seen on the page, and name those it did not fit."""
        rows = [seen_of(request.POST, comment.pk) for comment in comments]
        outcome = moderation.decide_many(verb, rows, by=cast(User, request.user))
        for refused in outcome.refused:
            name = f"{refused.comment.name}: " if refused.comment else ""
            self.message_user(request, f"{name}{refused}", messages.WARNING)
        done = len(outcome.done)
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
