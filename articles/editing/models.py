"""The tables of the editor's desk: what articles were, who may look at a draft, what must be right.

No reader's page depends on any of them.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: How many characters of each search engines show, as a rule.
SEO_TITLE_SHOWN, SEO_DESCRIPTION_SHOWN = 60, 160
#: How long a link to a draft is good for.
LINK_GOOD_FOR = timedelta(days=7)


class Listing(models.Model):
    """How an article is listed elsewhere, where that is not its title and summary."""

    seo_title = models.CharField(
        _("title for search engines"),
        max_length=120,
        blank=True,
        help_text=_("Empty: the title. About 60 characters are shown."),
    )
    seo_description = models.CharField(
        _("description for search engines"),
        max_length=320,
        blank=True,
        help_text=_("Empty: the summary. About 160 characters are shown."),
    )

    class Meta:
        abstract = True


class Revision(models.Model):
    """What an article was when somebody had saved it: see `articles.editing.snapshot`."""

    class Why(models.TextChoices):
        SAVED = "saved", _("Saved")
        RESTORED = "restored", _("Restored")
        OVER = "over", _("Saved over another’s version")
        # By an import, a bulk change, a moderator: whatever came by another way than the form.
        FOUND = "found", _("Found so before a change")

    article = models.ForeignKey("articles.Article", models.CASCADE, "revisions")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, "+", null=True)
    why = models.CharField(max_length=8, choices=Why, default=Why.SAVED)
    #: The one that was restored.
    source = models.ForeignKey("self", models.SET_NULL, "+", null=True)
    #: The names of the fields that differ from the revision before; of the first, none.
    changed = models.JSONField(default=list)
    #: The pictures it shows, one a line: their files stay as long as it does.
    files = models.TextField(blank=True)
    data = models.JSONField()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.at:%Y-%m-%d %H:%M}"


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def good(self) -> "PreviewLinkQuerySet":
        """Those that still show something."""
        return self.filter(revoked_at__isnull=True, until__gt=timezone.now())


def week_from_now() -> Any:
    return timezone.now() + LINK_GOOD_FOR


class PreviewLink(models.Model):
    """Leave to look at an article that is not public, for whoever has the link.

    The link itself is signed and not stored: whoever reads the table cannot use it.
    """

    article = models.ForeignKey("articles.Article", models.CASCADE, "preview_links")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, "+", null=True)
    at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(default=week_from_now)
    revoked_at = models.DateTimeField(null=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.until:%Y-%m-%d %H:%M}"

    @property
    def is_good(self) -> bool:
        """Whether it shows the article, or leads there; what was withdrawn is shown by no link."""
        is_open = self.revoked_at is None and self.until > timezone.now()
        return is_open and self.article.withdrawn_at is None


def blocking_at_first() -> list[str]:
    return ["tk", "alt", "disclosure"]


class EditorialRules(models.Model):
    """Which checks an article must pass before it may appear, in one row; the others advise."""

    SINGLETON = 1

    #: Names of `articles.editing.checklist.CHECKS`.
    blocking = models.JSONField(_("must be right before an article appears"), blank=True,
                                default=blocking_at_first)  # fmt: skip

    class Meta:
        verbose_name = _("editorial rules")
        verbose_name_plural = _("editorial rules")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = self.SINGLETON
        super().save(*args, **kwargs)

    @classmethod
    def load(cls) -> "EditorialRules":
        """Return the rules; the defaults until somebody has saved them."""
        return cls.objects.filter(pk=cls.SINGLETON).first() or cls(pk=cls.SINGLETON)


#: A change of one of these is no change of any page that readers see.
UNSEEN: tuple[type[models.Model], ...] = (Revision, PreviewLink, EditorialRules)
