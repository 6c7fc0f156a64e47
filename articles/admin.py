"""The editors' pages in the Django admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from articles import generation, html
from articles.editing import revisions
from articles.models import Article, Author, Disclosure
from articles.pictures.admin import PictureAdmin as PictureAdmin
from articles.publishing.admin import CorrectionInline, Publishing, StateFilter
from articles.publishing.forms import FreeAddress
from articles.publishing.tag_admin import TagAdmin as TagAdmin


class DisclosureInline(admin.TabularInline):
    model = Disclosure
    extra = 0
    fields = ("ticker", "position", "as_of", "price", "note")


@admin.register(Article)
class ArticleAdmin(Publishing):
    list_display = ("title", "state", "author", "published_at", "comments_open", "comment_count")
    list_filter = (StateFilter, "author", "comments_open", "tags")
    list_select_related = ("author",)
    search_fields = ("title", "summary")
    date_hierarchy = "published_at"
    show_full_result_count = False  # nobody reads it, and it costs a walk over all articles
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ("author", "tags", "follows")
    readonly_fields = ("updated_at", "comment_count")
    inlines = (DisclosureInline, CorrectionInline)
    actions = ("publish_now", "back_to_draft", "withdraw", "open_comments", "close_comments")
    fieldsets = (
        (None, {"fields": ("title", "slug", "summary", "body")}),
        (_("Picture"), {"fields": ("picture", "library", "picture_alt", "picture_caption")}),
        (_("About"), {"fields": ("author", "tags", "ai_use", "ai_reviewed_by")}),
        (
            _("Thesis and follow-ups"),
            {
                "fields": (
                    "thesis",
                    ("thesis_status", "thesis_as_of", "thesis_horizon"),
                    "follows",
                ),
                "classes": ["collapse"],
            },
        ),
        (_("Search engines"), {"fields": ("seo_title", "seo_description")}),
        (_("Publication"), {"fields": ("published_at", "updated_at")}),
        (
            _("Comments"),
            {
                "fields": (
                    "comments_open",
                    "comments_held",
                    "comments_slow_minutes",
                    "comment_count",
                )
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """Save, and tell the editor what did not survive the cleaning."""
        typed = obj.body
        super().save_model(request, obj, form, change)
        lost = html.taken_out(typed, obj.body)
        if lost:
            said = gettext("Taken out of the body, because articles may not hold it: %s.")
            self.message_user(
                request, said % ", ".join(f"<{tag}>" for tag in lost), messages.WARNING
            )
        if html.foreign_pictures(obj.body):
            said = gettext("Readers will not see the pictures that other sites hold.")
            self.message_user(request, said, messages.WARNING)

    def view_on_site(self, article: Article) -> str | None:
        return article.get_absolute_url() if article.is_published else None

    @admin.action(description=_("Back to draft"), permissions=["publish"])
    def back_to_draft(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._change_each(request, queryset.filter(published_at__isnull=False), published_at=None)

    @admin.action(description=_("Open comments"), permissions=["publish"])
    def open_comments(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self.tell(request, queryset.filter(comments_open=False).update(comments_open=True))

    @admin.action(description=_("Close comments"), permissions=["publish"])
    def close_comments(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self.tell(request, queryset.filter(comments_open=True).update(comments_open=False))

    def _change_each(self, request: HttpRequest, chosen: QuerySet[Article], **values: Any) -> None:
        """Change one after the other; where the checklist stands against it, say so."""
        count = 0
        for article in chosen:
            try:
                count += revisions.change(article.pk, by=request.user, **values)  # type: ignore[arg-type]
            except revisions.Refused as refused:
                for said in refused.messages:
                    self.message_user(request, f"{article}: {said}", messages.ERROR)
        self.tell(request, count)

    def tell(self, request: HttpRequest, count: int) -> None:
        generation.changed()  # an update in bulk tells no signal
        self.message_user(
            request, ngettext("%d article changed.", "%d articles changed.", count) % count
        )


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    form = FreeAddress
    list_display = ("name", "role", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ("user",)

    def get_exclude(self, request: HttpRequest, obj: Author | None = None) -> tuple[str, ...]:
        """Which login an author has is for those who may see logins."""
        return () if request.user.has_perm("auth.view_user") else ("user",)
