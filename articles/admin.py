"""The editors' pages in the Django admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from articles import generation, html
from articles.models import Article, Author, Tag


class StateFilter(admin.SimpleListFilter):
    """Published, scheduled or draft: told by `published_at` alone."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("published", _("Published")),
            ("scheduled", _("Scheduled")),
            ("draft", _("Drafts")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        conditions: dict[str, dict[str, Any]] = {
            "published": {"published_at__lte": timezone.now()},
            "scheduled": {"published_at__gt": timezone.now()},
            "draft": {"published_at__isnull": True},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ("title", "state", "author", "published_at", "comments_open", "comment_count")
    list_filter = (StateFilter, "author", "comments_open", "tags")
    list_select_related = ("author",)
    search_fields = ("title", "summary")
    date_hierarchy = "published_at"
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ("author", "tags")
    readonly_fields = ("updated_at", "comment_count")
    actions = ("publish_now", "back_to_draft", "open_comments", "close_comments")
    fieldsets = (
        (None, {"fields": ("title", "slug", "summary", "body")}),
        (_("Picture"), {"fields": ("picture", "picture_alt", "picture_caption")}),
        (_("About"), {"fields": ("author", "tags")}),
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

    @admin.display(description=_("state"))
    def state(self, article: Article) -> str:
        if article.published_at is None:
            return gettext("Draft")
        return gettext("Published") if article.is_published else gettext("Scheduled")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "published_at" and field:
            zone = gettext("Time zone: %s.") % timezone.get_current_timezone_name()
            field.help_text = f"{field.help_text} {zone}"
        return field

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

    @admin.action(description=_("Publish now"), permissions=["change"])
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        waiting = queryset.exclude(pk__in=Article.objects.published().values("pk"))
        self._tell(request, waiting.update(published_at=timezone.now()))

    @admin.action(description=_("Back to draft"), permissions=["change"])
    def back_to_draft(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._tell(request, queryset.filter(published_at__isnull=False).update(published_at=None))

    @admin.action(description=_("Open comments"), permissions=["change"])
    def open_comments(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._tell(request, queryset.filter(comments_open=False).update(comments_open=True))

    @admin.action(description=_("Close comments"), permissions=["change"])
    def close_comments(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._tell(request, queryset.filter(comments_open=True).update(comments_open=False))

    def _tell(self, request: HttpRequest, count: int) -> None:
        generation.changed()  # an update in bulk tells no signal
        self.message_user(
            request, ngettext("%d article changed.", "%d articles changed.", count) % count
        )


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ("name", "role", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ("user",)

    def get_exclude(self, request: HttpRequest, obj: Author | None = None) -> tuple[str, ...]:
        """Which login an author has is for those who may see logins."""
        return () if request.user.has_perm("auth.view_user") else ("user",)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "symbol", "exchange")
    list_filter = ("kind",)
    search_fields = ("name", "symbol")
    prepopulated_fields = {"slug": ["name"]}
