"""Where a picture of the library is shown, as far as somebody may know."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from articles.models import Article, Picture, PictureUse
from articles.publishing.workflow import visible_to

#: Articles that are named; of more, the number.
NAMED_MOST = 50


@dataclass(frozen=True)
class Place:
    """An article that shows a picture, and where in it."""

    article: Article
    where: list[str]

    @property
    def url(self) -> str:
        return reverse("admin:articles_article_change", args=[self.article.pk])

    def said(self) -> SafeString:
        where = ", ".join(self.where)
        return format_html('<a href="{}">{}</a> ({})', self.url, self.article, where)


@dataclass(frozen=True)
class Standing:
    """The articles, the newest first, and how many more there are: too many, or not for you."""

    places: list[Place]
    others: int
    is_shown: bool

    @property
    def is_used(self) -> bool:
        return bool(self.places) or self.others > 0

    def said(self) -> list[SafeString]:
        """Return a line for each article, and one for those that are not named."""
        lines = [place.said() for place in self.places]
        if self.others:
            more = ngettext("%d more article", "%d more articles", self.others) % self.others
            lines.append(format_html("{}", more))
        return lines


def of(picture: Picture, user: Any) -> Standing:
    """Return where `picture` is shown; writers are not told the titles of others' drafts."""
    uses = PictureUse.objects.filter(source=str(picture.file))
    articles = Article.objects.filter(pk__in=uses.values("article"))
    named = list(_light(visible_to(user, articles))[:NAMED_MOST])
    where: dict[int, set[str]] = {}
    for pk, place in uses.filter(article__in=named).values_list("article", "place"):
        where.setdefault(pk, set()).add(place)
    places = [
        Place(
            article,
            [str(label) for value, label in PictureUse.Place.choices if value in where[article.pk]],
        )
        for article in named
        if article.pk in where
    ]
    is_shown = uses.exclude(place=PictureUse.Place.PAST).exists()
    return Standing(places, articles.count() - len(places), is_shown)


def _light(articles: QuerySet[Article]) -> QuerySet[Article]:
    return articles.order_by("-pk").only("title")
