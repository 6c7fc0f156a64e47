"""Who stands over articles; `in_print()` are those whom readers may know of."""

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from articles.addresses import address


class AuthorQuerySet(models.QuerySet["Author"]):
    def in_print(self) -> "AuthorQuerySet":
        """Authors of a published article; the others would tell what is being written."""
        from articles.models.article import Article  # which names this one as its author

        # One of each is looked for: a list of them all would be as long as the archive.
        theirs = Article.objects.published().filter(author=OuterRef("pk"))
        return self.filter(Exists(theirs))


class Author(models.Model):
    """A person whose name stands over articles; not necessarily a login."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    role = models.CharField(_("role"), max_length=100, blank=True)
    bio = models.TextField(_("about the author"), blank=True)
    relationships = models.TextField(
        _("business relationships"),
        max_length=400,
        blank=True,
        help_text=_("Who pays the author, and for what; stands under each of their articles."),
    )
    user = models.OneToOneField(
        "auth.User", models.SET_NULL, null=True, blank=True, verbose_name=_("login")
    )

    objects = AuthorQuerySet.as_manager()

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address("articles:author", self.slug)
