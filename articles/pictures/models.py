"""The library of pictures, which articles show them, and the tables of what is drawn from them.

What is drawn are smaller copies, and the cards of articles. Each row of these is its own place in
the queue: `due` is at once "when to look", back-off and lease.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles import images

#: What fits below a picture, with its credit: as much as below an article's own.
LEGEND_MOST = 300


class Picture(models.Model):
    """A picture of the library. Articles show it by the name of its file: see PictureUse."""

    file = images.PictureField(
        _("file"),
        upload_to="pictures/%Y/",
        unique=True,
        help_text=_("JPEG, PNG, WebP or AVIF, up to 10 MB."),
        width_field="width",
        height_field="height",
        validators=[images.validate_extension, images.validate_picture],
    )
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture shows, for those who do not see it."),
    )
    decorative = models.BooleanField(
        _("decorative"),
        default=False,
        help_text=_("It says nothing that the text does not say: no alternative text within it."),
    )
    caption = models.CharField(_("caption"), max_length=LEGEND_MOST, blank=True)
    credit = models.CharField(
        _("credit"), max_length=100, blank=True, help_text=_("Who made it, or whose it is.")
    )
    added_at = models.DateTimeField(_("added at"), default=timezone.now, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, "+", null=True, editable=False,
        verbose_name=_("added by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="picture_has_alt_or_is_decorative",
                condition=~Q(alt="") | Q(decorative=True),
                violation_error_message=_("Say what the picture shows, or that it is decorative."),
            )
        ]

    def __str__(self) -> str:
        return str(self.file).rpartition("/")[2]

    @property
    def label(self) -> str:
        """What tells it from others in a list."""
        return self.alt or self.caption or gettext("Decorative")

    @property
    def legend(self) -> str:
        """What stands below it: the caption, and whose it is."""
        credit = gettext("Credit: %s") % self.credit if self.credit else ""
        return " ".join(filter(None, (self.caption, credit)))

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if not self.alt and not self.decorative:
            errors["alt"] = _("Say what the picture shows, or that it is decorative.")
        if len(self.legend) > LEGEND_MOST:
            errors["caption"] = _("Caption and credit are longer than 300 characters together.")
        if errors:
            raise ValidationError(errors)


class PictureUse(models.Model):
    """That an article shows a stored picture, of the library or not: see `articles.pictures.uses`.

    So nobody has to look through every text to know where a picture is shown.
    """

    class Place(models.TextChoices):
        HERO = "hero", _("above the text")
        BODY = "body", _("within the text")
        PAST = "past", _("in an old version")  # and can be brought back with it

    article = models.ForeignKey("articles.Article", models.CASCADE, "picture_uses")
    source = models.CharField(max_length=255)
    place = models.CharField(max_length=4, choices=Place)

    class Meta:
        verbose_name = _("use of a picture")
        verbose_name_plural = _("uses of pictures")
        constraints = [
            models.UniqueConstraint(name="picture_use_once", fields=["source", "article", "place"])
        ]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.source}"


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


#: A change of one of these is no change of any page that readers see.
UNSEEN: tuple[type[models.Model], ...] = (Picture, PictureUse)
