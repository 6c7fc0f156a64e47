"""What editors say about what to read next: articles that come first, and others that never come.

The rest is chosen by `articles.related`.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

#: As many as a page shows: further ones would never be seen.
PINS_MOST = 5


class Pick(models.Model):
    """One article that shall, or shall not, stand under another."""

    class Kind(models.TextChoices):
        PINNED = "pinned", _("Pin")
        LEFT_OUT = "left_out", _("Leave out")

    article = models.ForeignKey("articles.Article", models.CASCADE, "picks")
    other = models.ForeignKey(
        "articles.Article", models.CASCADE, "picked_by", verbose_name=_("article")
    )
    kind = models.CharField(_("what"), max_length=8, choices=Kind, default=Kind.PINNED)
    place = models.PositiveSmallIntegerField(
        _("order"), default=PINS_MOST, help_text=_("Of pins: the smallest number comes first.")
    )

    class Meta:
        verbose_name = _("article to read next")
        verbose_name_plural = _("articles to read next")
        ordering = ["-kind", "place", "pk"]  # pins first
        constraints = [
            models.UniqueConstraint(
                name="pick_once",
                fields=["article", "other"],
                violation_error_message=_("This article is chosen already."),
            ),
            models.CheckConstraint(name="pick_is_another", condition=~Q(other=F("article"))),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.other}"

    def clean(self) -> None:
        if self.other_id and self.other_id == self.article_id:
            raise ValidationError({"other": _("An article cannot be read after itself.")})
