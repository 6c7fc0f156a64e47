"""The admin of articles, as far as it is about who may do what, and when readers see it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.editing.admin import Editing
from articles.models import Article, Author
from articles.publishing import pages, workflow
from articles.publishing.lists import KeysFirst
from articles.publishing.models import Correction, FormerAddress
from articles.publishing.pick_admin import choosable
from articles.publishing.states import State, condition, state_of, with_waiting
from articles.publishing.tag_field import TypedTags, TypedTagsSelect

#: What writers see of an article's form, and leave to editors.
FOR_EDITORS = ("published_at", "comments_open", "comments_held", "comments_slow_minutes")


class StateFilter(admin.SimpleListFilter):
    """By state, in words."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(value), label) for value, label in State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return queryset.filter(condition(value)) if value in State.values else queryset


class CorrectionInline(admin.TabularInline):
    model = Correction
    extra = 0
    fields = ("day", "said")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "said":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 3, "cols": 60})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class Publishing(Editing):
    """Writers change drafts of their own; what is public, or will be, is for those who publish."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self._publication)
        return [
            path("<int:pk>/publication/", page, name="articles_article_publication"),
            *super().get_urls(),
        ]

    def _publication(self, request: HttpRequest, pk: int) -> HttpResponse:
        return pages.publication(request, self, pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        rows: QuerySet[Article] = super().get_queryset(request)
        return with_waiting(workflow.visible_to(request.user, rows))

    # --- who may ----------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return super().has_add_permission(request) and (
            workflow.may_publish(user) or workflow.is_author(user)
        )

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or workflow.may_edit(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        return super().has_delete_permission(request, obj) and workflow.may_publish(request.user)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return workflow.may_publish(request.user)

    # --- the form ---------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Article | None = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        if not workflow.may_publish(request.user):
            return (*fields, *FOR_EDITORS)
        return (*fields, "published_at") if obj and obj.withdrawn_at else fields

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        fields = super().get_autocomplete_fields(request)
        if workflow.may_publish(request.user):
            return fields
        return tuple(name for name in fields if name != "author")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "author" and not workflow.may_publish(request.user):
            kwargs |= {"queryset": Author.objects.filter(user=request.user.pk), "empty_label": None}
        if db_field.name == "follows":
            kwargs["queryset"] = choosable(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "tags" and request.user.has_perm("articles.add_tag"):
            said = {"data-new-tags": gettext("New tag: %s")}
            widget = TypedTagsSelect(db_field, self.admin_site, attrs=said)
            return db_field.formfield(form_class=TypedTags, widget=widget, **kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "thesis":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "published_at" and field:
            zone = gettext("Time zone: %(zone)s. Now it is %(now)s there.") % {
                "zone": timezone.get_current_timezone_name(),
                "now": date_format(timezone.localtime(), "Y-m-d H:i"),
            }
            field.help_text = f"{field.help_text} {zone}"
        return field

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        article: Article | None = context.get("original")
        if article is not None:
            context |= {"state": state_of(article), "last_review": pages.last_review(article)}
        context["may_submit"] = not workflow.may_publish(request.user) and (
            article is None or state_of(article) == State.DRAFT
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: Article, post_url_continue: str | None = None
    ) -> HttpResponse:
        answer = super().response_add(request, obj, post_url_continue)
        return self._submitted(request, obj) or answer

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        answer = super().response_change(request, obj)
        return self._submitted(request, obj) or answer

    def _submitted(self, request: HttpRequest, article: Article) -> HttpResponse | None:
        """Submit what was just saved, where its writer asked for that."""
        if "_submit_review" not in request.POST:
            return None
        pages.take(request, self, "submit", article)
        return redirect("admin:articles_article_publication", article.pk)

    # --- the list ---------------------------------------------------------------------------

    @admin.display(description=_("state"))
    def state(self, article: Article) -> str:
        return str(state_of(article).label)

    @admin.action(description=_("Publish now"), permissions=["publish"])
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._take_each(request, queryset.exclude(condition(State.PUBLISHED)), "publish")

    @admin.action(description=_("Withdraw"), permissions=["publish"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._take_each(request, queryset.filter(condition(State.PUBLISHED)), "withdraw")

    def _take_each(self, request: HttpRequest, chosen: QuerySet[Article], name: str) -> None:
        """Take the step with one after the other; what stands against it is said."""
        count = 0
        for article in chosen:
            try:
                workflow.take(name, article.pk, by=request.user)  # type: ignore[arg-type]
                count += 1
            except workflow.Refused as refused:
                for said in refused.messages:
                    self.message_user(request, f"{article}: {said}", messages.ERROR)
        self.tell(request, count)

    def tell(self, request: HttpRequest, count: int) -> None:
        raise NotImplementedError


@admin.register(FormerAddress)
class FormerAddressAdmin(admin.ModelAdmin):
    """Rows come by themselves, when something moves; deleting one makes its address free."""

    list_display = ("key", "kind", "leads_to", "at")
    list_filter = ("kind",)
    search_fields = ("key",)
    list_per_page = 50
    paginator = KeysFirst
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[FormerAddress]:
        rows = super().get_queryset(request).select_related("article", "tag", "author")
        return rows.defer("article__body")

    @admin.display(description=_("leads to"))
    def leads_to(self, former: FormerAddress) -> str:
        return str(former.target)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
