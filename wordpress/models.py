"""What the import remembers: which of our rows came from where, and the addresses they had."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.models import Article

PATH_LENGTH = 500


class Origin(models.Model):
    """This thing of a WordPress site is that row of ours.

    The row may be gone meanwhile; the note stays, so that a second import does not bring back
    what was deleted or erased here. It holds numbers and slugs, nothing about a reader.
    """

    class Kind(models.TextChoices):
        AUTHOR = "author", _("author")
        TAG = "tag", _("tag")
        ARTICLE = "article", _("article")
        COMMENT = "comment", _("comment")

    # Host and path of the site's address: the same whether it was exported as http or https.
    site = models.CharField(max_length=300)
    kind = models.CharField(max_length=7, choices=Kind)
    # A number for articles and comments, a login for authors, a slug for tags.
    wp_id = models.CharField(max_length=300)
    object_id = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("origin")
        verbose_name_plural = _("origins")
        constraints = [
            models.UniqueConstraint(name="origin_once", fields=["site", "kind", "wp_id"])
        ]

    def __str__(self) -> str:
        return f"{self.site}: {self.kind} {self.wp_id}"


class OldAddress(models.Model):
    """An address that an article had in WordPress; `wordpress/old_addresses.py` answers it."""

    # As `old_addresses.key` writes it.
    path = models.CharField(_("path"), max_length=PATH_LENGTH, unique=True)
    article = models.ForeignKey(Article, models.CASCADE, "+", verbose_name=_("article"))

    class Meta:
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")

    def __str__(self) -> str:
        return self.path
