"""The tables of what is drawn from pictures: their smaller copies, and the cards of articles.

Each row is its own place in the queue: `due` is at once "when to look", back-off and lease.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Drawn(models.Model):
    """Something that the worker draws once; `due` is empty when nothing is left to do."""

    due = models.DateTimeField(null=True, default=timezone.now, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    made_at = models.DateTimeField(null=True, editable=False)
    problem = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["due"], name="%(class)s_due", condition=Q(due__isnull=False))
        ]


class Rendition(Drawn):
    """The smaller copies of one stored picture, whoever shows it.

    `copies` is what `articles.pictures.renditions` made: see `Copies` there.
    """

    source = models.CharField(_("file"), max_length=255, unique=True, editable=False)
    #: Of what the copies were made from and how; equal pictures share their files.
    digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    copies = models.JSONField(default=dict, editable=False)
    unused_since = models.DateTimeField(null=True, editable=False)

    class Meta(Drawn.Meta):
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")

    def __str__(self) -> str:
        return self.source


class SharePicture(Drawn):
    """The card that other sites show for a link to an article."""

    article = models.OneToOneField("articles.Article", models.CASCADE, related_name="share")
    name = models.CharField(_("file"), max_length=255, blank=True, editable=False)

    class Meta(Drawn.Meta):
        verbose_name = _("share picture")
        verbose_name_plural = _("share pictures")

    def __str__(self) -> str:
        return self.name or str(self.pk)
