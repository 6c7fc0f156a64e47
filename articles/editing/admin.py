"""What the article's form in the admin does beyond Django's: see the modules beside this one."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse

from articles.editing import checklist, pages, revisions, rich_text, snapshot
from articles.editing.faults import faults
from articles.editing.forms import NUMBER, ArticleForm, EditorialRulesForm, Row, Rows
from articles.editing.models import EditorialRules, Revision
from articles.images import PictureField
from articles.models import Article
from articles.pictures import library
from articles.pictures.choosing import PictureInput

#: Where the session notes which drafts, kept by browsers, have been saved; and how many.
SAVED, SAVED_MOST = "articles.saved_drafts", 20


class Editing(admin.ModelAdmin):
    """Revisions, collisions, checklist and previews for an article's form."""

    form = ArticleForm
    change_form_template = "admin/articles/article/change_form.html"
    formfield_overrides = {PictureField: {"widget": PictureInput}}

    class Media:
        css = {"all": ["css/admin.css", "css/admin-articles.css", "css/admin-pictures.css"]}
        js = (
            forms.Script("js/editor-autosave.js", type="module"),
            forms.Script("js/editor-checklist.js", type="module"),
            forms.Script("js/editor-rows.js", type="module"),
            forms.Script("js/editor-tags.js", type="module"),
            forms.Script("js/picture-choice.js", type="module"),
        )

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            def allowed(request: HttpRequest, pk: int | None = None, **kwargs: Any) -> HttpResponse:
                article = get_object_or_404(Article, pk=pk) if pk is not None else None
                may = self.has_change_permission(request, article)
                if not (may if article else self.has_add_permission(request)):
                    raise PermissionDenied
                return view(request, self, article, **kwargs)

            name = f"articles_article_{name}"
            return path(route, self.admin_site.admin_view(allowed), name=name)

        return [
            page("preview/", pages.shown, "preview_new"),
            page("check/", pages.checked, "check_new"),
            page("<int:pk>/preview/", pages.shown, "preview"),
            page("<int:pk>/check/", pages.checked, "check"),
            page("<int:pk>/history/", pages.history, "history"),
            page("<int:pk>/history/compare/", pages.comparison, "compare"),
            page("<int:pk>/history/<int:revision>/restore/", pages.restore, "restore"),
            page("<int:pk>/links/", pages.links, "links"),
            page("<int:pk>/links/<int:link>/revoke/", pages.revoke, "revoke"),
            *super().get_urls(),
        ]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Article | None:
        """Return the article; for a change, with its lock, so that what the form finds stays so."""
        if not NUMBER.fullmatch(object_id):
            return None
        if request.method == "POST" and connection.in_atomic_block:
            Article.objects.lock(int(object_id))
        return super().get_object(request, object_id, from_field)

    # --- the library of pictures, for whoever may look at it --------------------------------

    def _may_choose(self, request: HttpRequest, obj: Article | None) -> bool:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return may and request.user.has_perm("articles.view_picture")

    def get_form(
        self, request: HttpRequest, obj: Article | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not self._may_choose(request, obj):
            form.base_fields.pop("library", None)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if self._may_choose(request, obj):
            return fieldsets
        return [
            (title, {**said, "fields": tuple(each for each in said["fields"] if each != "library")})
            for title, said in fieldsets
        ]

    # ----------------------------------------------------------------------------------------

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, form_class=Row, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, form_class=Rows, **kwargs)

    def filled_in(self, request: HttpRequest, article: Article | None) -> ArticleForm:
        """Return the form as the request fills it in, but for files; not yet looked at."""
        form = self.get_form(request, article, change=article is not None)
        return form(request.POST, instance=article)

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        if form.stored:
            revisions.note_found(obj.pk, form.stored)
        super().save_model(request, obj, form, change)
        library.take_in(obj, by=request.user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save tags and disclosures; with them the article is whole, and becomes a revision."""
        super().save_related(request, form, formsets, change)
        over = form.is_stale and form.saves_over
        revisions.keep(
            form.instance.pk,
            by=request.user,  # type: ignore[arg-type]
            why=Revision.Why.OVER if over else Revision.Why.SAVED,
        )
        if form.draft:
            saved = [*request.session.get(SAVED, []), form.draft]
            request.session[SAVED] = saved[-SAVED_MOST:]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        article = context.get("original")
        if article is None or self.has_change_permission(request, article):
            new = "" if article else "_new"
            where = [article.pk] if article else []
            below = (each.formset for each in context["inline_admin_formsets"])
            now = form.typed() if form.is_bound else form.stored or snapshot.take_blank()
            context |= {
                "may_edit": True,
                "results": checklist.results(now),
                "saved_drafts": " ".join(request.session.get(SAVED, [])),
                "faults": list(faults(form, below)) if context["errors"] else [],
                "preview_url": reverse(f"admin:articles_article_preview{new}", args=where),
                "check_url": reverse(f"admin:articles_article_check{new}", args=where),
                "rich_text": rich_text.context(),
                "media": rich_text.with_nonce(context["media"], request),
            }
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(EditorialRules)
class EditorialRulesAdmin(admin.ModelAdmin):
    """One row: the list leads to it, and it cannot be added to or deleted."""

    form = EditorialRulesForm

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row, _created = EditorialRules.objects.get_or_create(pk=EditorialRules.SINGLETON)
        return redirect("admin:articles_editorialrules_change", row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: EditorialRules | None = None
    ) -> bool:
        return False
