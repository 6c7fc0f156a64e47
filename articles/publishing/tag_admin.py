"""Tags in the admin: how much each is used, and how two become one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Tag
from articles.publishing import tags
from articles.publishing.forms import FreeAddress

#: More at once are hardly meant.
MERGED_MOST = 50


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    form = FreeAddress
    list_display = ("name", "kind", "symbol", "exchange", "articles_tagged")
    list_filter = ("kind",)
    search_fields = ("name", "symbol")
    list_per_page = 50
    show_full_result_count = False
    prepopulated_fields = {"slug": ["name"]}
    ordering = ("-kind", "name")  # said once more: a counted queryset has no order of its own
    actions = ("merge",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        tagging = Article.tags.through.objects.filter(tag=OuterRef("pk")).order_by()
        number = Subquery(tagging.values("tag").annotate(n=Count("pk")).values("n"))
        # A number for each that is shown; a join would count the uses of all.
        return super().get_queryset(request).annotate(uses=Coalesce(number, 0))

    @admin.display(description=_("articles"), ordering="uses")
    def articles_tagged(self, tag: Any) -> int:
        return tag.uses

    @admin.action(description=_("Merge into one…"), permissions=["delete"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse | None:
        """Ask which of the chosen tags stays; then make the others that one."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        chosen = list(queryset[: MERGED_MOST + 1])
        into = next((tag for tag in chosen if str(tag.pk) == request.POST.get("into")), None)
        if len(chosen) < 2 or len(chosen) > MERGED_MOST:
            self.message_user(request, gettext("Choose 2 to 50 tags."), messages.ERROR)
        elif into:
            self._merge(request, [tag for tag in chosen if tag != into], into)
        else:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": gettext("Which tag stays?"),
                "tags": chosen,
                "asked": "sure" in request.POST,
            }
            return TemplateResponse(request, "admin/articles/tag/merge.html", context)
        return None

    def _merge(self, request: HttpRequest, others: list[Tag], into: Tag) -> None:
        for tag in others:
            try:
                count = tags.merge(tag, into)
            except tags.Refused as refused:
                said = gettext("“%(tag)s” stays: %(why)s") % {"tag": tag, "why": refused}
                self.message_user(request, said, messages.ERROR)
                continue
            said = ngettext(
                "“%(tag)s” was merged into “%(into)s”; %(count)d article carried it.",
                "“%(tag)s” was merged into “%(into)s”; %(count)d articles carried it.",
                count,
            )
            said %= {"tag": tag, "into": into, "count": count}
            self.log_change(request, into, said)
            self.message_user(request, said)
