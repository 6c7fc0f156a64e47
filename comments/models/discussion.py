"""What moderators tune."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Discussion(models.Model):
    """What moderators tune, in one row: WordPress's *Settings → Discussion*."""

    SINGLETON = 1

    links_to_hold = models.PositiveSmallIntegerField(
        _("links"),
        default=2,
        validators=[MinValueValidator(1)],
        help_text=_("A comment with this many links or more says so in the queue."),
    )
    hold_words = models.TextField(
        _("words to hold for"),
        blank=True,
        help_text=_(
            "One a line. Looked for, in capitals or not, in the text, name, address, website, "
            "IP address and user agent. Press, for example, also finds WordPress."
        ),
    )
    disallowed_words = models.TextField(
        _("disallowed words"),
        blank=True,
        help_text=_("As above, but such a comment goes to the trash and Akismet is not asked."),
    )
    flood_seconds = models.PositiveSmallIntegerField(
        _("seconds between two comments"),
        default=15,
        help_text=_("By one IP address or one email address. 0: no limit."),
    )
    comments_per_page = models.PositiveSmallIntegerField(
        _("threads a page"),
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
    )
    depth = models.PositiveSmallIntegerField(
        _("levels of replies"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("A deeper reply stands at the last level."),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("discussion settings")

    def __str__(self) -> str:
        return str(_("Discussion settings"))

    @classmethod
    def load(cls) -> "Discussion":
        """Return the settings in force: the row, or the defaults while there is none."""
        return cls.objects.filter(pk=cls.SINGLETON).first() or cls(pk=cls.SINGLETON)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = self.SINGLETON
        super().save(*args, **kwargs)
