"""The editors' pages in the Django admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Q, QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from articles import generation, html
from articles.editing import revisions
from articles.editing.forms import Row
from articles.models import Article, Author, Disclosure
from articles.pictures.admin import PictureAdmin as PictureAdmin
from articles.publishing.admin import CorrectionInline, Publishing, StateFilter
from articles.publishing.forms import FreeAddress
from articles.publishing.lists import (
    ArticleList,
    AuthorFilter,
    CommentsFilter,
    KeysFirst,
    PublishedFilter,
    TagFilter,
)
from articles.publishing.pick_admin import PickInline
from articles.publishing.rows import LookupInline, LookupRows
from articles.publishing.tag_admin import TagAdmin as TagAdmin
from articles.search import engines
from articles.search.query import parse


class DisclosureRows(LookupRows):
    looks_up = "ticker"


class DisclosureInline(LookupInline):
    model = Disclosure
    formset = DisclosureRows
    fields = ("ticker", "position", "as_of", "price", "note")


@admin.register(Article)
class ArticleAdmin(Publishing):
    list_display = ("title", "state", "author", "tagged", "appears", "comments")
    list_filter = (StateFilter, PublishedFilter, AuthorFilter, TagFilter, CommentsFilter)
    list_select_related = ("author",)
    list_per_page = 50
    paginator = KeysFirst
    # What has an index; and no counts, which cost a walk over all articles each.
    sortable_by = ("appears", "comments")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Looked up in the index of words; these where a search server does not answer.
    search_fields = ("title", "summary")
    search_help_text = _("Words of the title, summary, text or tags.")
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ("author", "tags", "follows")
    readonly_fields = ("updated_at", "comment_count")
    inlines = (DisclosureInline, CorrectionInline, PickInline)
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

    @property
    def media(self) -> Media:
        """With what lets the filters of the list look up names."""
        field = Article._meta.get_field("author")
        return super().media + AutocompleteSelect(field, self.admin_site).media

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ArticleList]:
        return ArticleList

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> KeysFirst:
        pages: Any = super().get_paginator(request, *args, **kwargs)
        pages.counts_in_order = TagFilter.parameter_name in request.GET
        return pages

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find by words; also for the fields that look articles up."""
        if not search_term.strip():
            return queryset, False
        try:
            found = engines.keys(parse(search_term))
        except engines.SearchAway:
            return super().get_search_results(request, queryset, search_term)
        wanted = Q(pk__in=found)
        # Only the newest of very many: below a filter, or for a writer, they may not fill a page.
        if len(found) >= engines.CANDIDATES:
            page = queryset.order_by().filter(wanted)[: self.list_per_page]
            if page.count() < self.list_per_page:
                wanted |= Q(title__icontains=search_term.strip())
        return queryset.filter(wanted), False

    @admin.display(description=_("tags"))
    def tagged(self, article: Article) -> str:
        return ", ".join(tag.label for tag in article.tags.all())

    @admin.display(description=_("date"), ordering="published_at", empty_value="–")
    def appears(self, article: Article) -> str | None:
        if article.published_at is None:
            return None
        at = timezone.localtime(article.published_at)
        day, minute = date_format(at, "Y-m-d"), date_format(at, "H:i")
        return format_html('<span class="whole">{}</span> {}', day, minute)

    @admin.display(description=_("comments"), ordering="comment_count")
    def comments(self, article: Article) -> str:
        # Where there is room for columns their heads say it.
        what = ngettext("comment", "comments", article.comment_count)
        said = format_html('{} <span class="if-narrow">{}</span>', article.comment_count, what)
        return said if article.comments_open else format_html("{} {}", said, gettext("closed"))

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

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, form_class=Row, **kwargs)

    def get_exclude(self, request: HttpRequest, obj: Author | None = None) -> tuple[str, ...]:
        """Which login an author has is for those who may see logins."""
        return () if request.user.has_perm("auth.view_user") else ("user",)
