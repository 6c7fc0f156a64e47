"""The library of pictures in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import Picture, PictureUse
from articles.pictures import elements, endpoints, library, renditions, standing
from articles.pictures.forms import PictureForm

Place = PictureUse.Place


def _size(picture: Picture) -> str:
    return f"{picture.width or '?'}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{picture.height or '?'}"


class UseFilter(admin.SimpleListFilter):
    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("shown", _("Shown by an article")),
            ("past", _("In old versions only")),
            ("unused", _("Shown nowhere")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        ever = PictureUse.objects.filter(source=OuterRef("file"))
        now = Exists(ever.exclude(place=Place.PAST))
        conditions = {"shown": now, "past": Exists(ever) & ~now, "unused": ~Exists(ever)}
        wanted = conditions.get(str(self.value()))
        return queryset if wanted is None else queryset.filter(wanted)


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):
    form = PictureForm
    change_form_template = "admin/articles/picture/change_form.html"
    list_display = ("picture", "articles", "added_on", "added_by")
    list_filter = (UseFilter, "decorative")
    list_select_related = ("added_by",)
    list_per_page = 50
    ordering = ("-pk",)
    search_fields = ("alt", "caption", "credit", "file")
    show_full_result_count = False

    class Media:
        css = {"all": ["css/admin.css", "css/admin-pictures.css"]}

    def get_urls(self) -> list[URLPattern]:
        return [
            path("library/", endpoints.listed, name="articles_picture_library"),
            path("upload/", endpoints.uploaded, name="articles_picture_upload"),
            *super().get_urls(),
        ]

    # --- the list ---------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        uses = PictureUse.objects.filter(source=OuterRef("file")).exclude(place=Place.PAST)
        counted = uses.order_by().values("source").annotate(n=Count("article", distinct=True))
        number = Subquery(counted.values("n"), output_field=IntegerField())
        return library.with_copies(super().get_queryset(request)).annotate(uses=number)

    @admin.display(description=_("picture"), ordering="alt")
    def picture(self, picture: Any) -> SafeString:
        credit = [picture.credit] if picture.credit else []
        return format_html(
            '<img class="picture-thumb" src="{}" alt="" width="{}" height="{}" loading="lazy">'
            '<span><span class="picture-said">{}</span><small>{}</small></span>',
            elements.smallest(picture.copies) or picture.file.url,
            picture.width or "",
            picture.height or "",
            picture.label,
            " · ".join([str(picture), _size(picture), *credit]),
        )

    @admin.display(description=_("added on"), ordering="added_at")
    def added_on(self, picture: Picture) -> str:
        return date_format(timezone.localtime(picture.added_at), "DATE_FORMAT")

    @admin.display(description=_("articles"), ordering="uses")
    def articles(self, picture: Any) -> int:
        return picture.uses or 0

    # --- one picture ------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Picture | None = None) -> Any:
        first = ("shown",) if obj else ("file",)
        last = ("added",) if obj else ()
        return [(None, {"fields": (*first, "alt", "decorative", "caption", "credit", *last)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Picture | None = None) -> Any:
        # Another file would be another picture, in articles that meant this one.
        return ("shown", "file", "added") if obj else ()

    @admin.display(description=_("picture"))
    def shown(self, picture: Any) -> SafeString:
        return format_html(
            '<a href="{}"><img class="picture-shown" src="{}" alt="{}" width="{}" height="{}"></a>'
            "{}",
            picture.file.url,
            elements.smallest(picture.copies) or picture.file.url,
            picture.alt or gettext("The picture itself"),
            picture.width or "",
            picture.height or "",
            _size(picture),
        )

    @admin.display(description=_("added"))
    def added(self, picture: Picture) -> str:
        when = date_format(timezone.localtime(picture.added_at), "DATETIME_FORMAT")
        return f"{when}, {picture.added_by}" if picture.added_by else when

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        picture = context.get("original")
        if picture is not None:
            context["standing"] = standing.of(picture, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        if not change:
            obj.added_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuse what is shown, and say where.

        Administrators may take away what only old versions show: a picture that must not be there
        must not stay for their sake.
        """
        to_delete, counts, lacking, protected = super().get_deleted_objects(objs, request)
        for picture in objs:
            found = standing.of(picture, request.user)
            name = str(picture.file)
            if request.user.is_superuser:
                is_in_the_way = found.is_shown or renditions.is_shown(name)
            else:
                is_in_the_way = found.is_used or renditions.is_used(name)
            said = [format_html("{}: {}", picture, place) for place in found.said()]
            if is_in_the_way:
                protected += said or [format_html(gettext("{}: an article"), picture)]
            else:
                to_delete += said
        return to_delete, counts, lacking, protected
