"""The tables of publishing: withdrawn articles, former addresses, reviews, corrections, theses."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Withdrawable(models.Model):
    """An article that was public and is to be so no more: its address answers that it is gone.

    Meanwhile `published_at` is empty, so that nothing which lists articles can list it.
    """

    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, editable=False)
    #: When it had appeared: what `published_at` will be again.
    withdrawn_from = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Standing(models.Model):
    """What an article claims, until when, and what has become of that."""

    class Thesis(models.TextChoices):
        OPEN = "open", _("Open")
        PLAYED_OUT = "played_out", _("Played out")
        BROKE = "broke", _("Broke")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    thesis = models.CharField(
        _("thesis"), max_length=300, blank=True, help_text=_("What the article claims: a sentence.")
    )
    thesis_as_of = models.DateField(
        _("as of"), null=True, blank=True, help_text=_("The day of the data and prices.")
    )
    thesis_horizon = models.CharField(
        _("horizon"), max_length=60, blank=True, help_text=_("For example: 12 to 18 months.")
    )
    thesis_status = models.CharField(
        _("status of the thesis"), max_length=10, choices=Thesis, blank=True
    )
    follows = models.ForeignKey(
        "articles.Article",
        models.SET_NULL,
        "followed_by",
        null=True,
        blank=True,
        verbose_name=_("follow-up to"),
        help_text=_("Both articles then link to each other."),
    )

    class Meta:
        abstract = True

    def settle_standing(self) -> dict[str, Any]:
        """Return what is wrong with these fields; a thesis of which nothing is said is open."""
        if self.thesis and not self.thesis_status:
            self.thesis_status = self.Thesis.OPEN
        errors = {}
        if self.thesis and not self.thesis_as_of:
            errors["thesis_as_of"] = _("Say of which day the thesis and its prices are.")
        if not self.thesis and (self.thesis_as_of or self.thesis_horizon or self.thesis_status):
            errors["thesis"] = _("Say what the article claims, or leave the other fields empty.")
        if self.thesis_as_of and self.thesis_as_of > timezone.localdate():
            errors["thesis_as_of"] = _("This day has not come yet.")
        if self.follows_id and self.follows_id == self.pk:
            errors["follows"] = _("An article cannot follow itself.")
        return errors


class Disclosure(models.Model):
    """What an author held of one ticker when an article appeared, and what it cost then."""

    class Position(models.TextChoices):
        LONG = "long", _("Long")
        SHORT = "short", _("Short")
        NONE = "none", _("No position")

    article = models.ForeignKey(
        "articles.Article", models.CASCADE, "disclosures", verbose_name=_("article")
    )
    ticker = models.ForeignKey(
        "articles.Tag",
        models.PROTECT,
        "disclosures",
        limit_choices_to={"kind": "ticker"},
        verbose_name=_("ticker"),
    )
    position = models.CharField(_("position"), max_length=5, choices=Position)
    as_of = models.DateField(_("as of"))
    price = models.CharField(
        _("price then"), max_length=30, blank=True, help_text=_("With its currency.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["ticker__symbol"]
        constraints = [
            models.UniqueConstraint(
                name="disclosure_once",
                fields=["article", "ticker"],
                violation_error_message=_("This ticker is disclosed already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ticker.label}: {self.get_position_display()}"

    def clean(self) -> None:
        if self.as_of and self.as_of > timezone.localdate():
            raise ValidationError({"as_of": _("This day has not come yet.")})


class FormerAddress(models.Model):
    """An address at which something was public once, and what to lead to from there.

    It names the thing and not another address: so chains and circles cannot be.
    """

    class Kind(models.TextChoices):
        ARTICLE = "article", _("article")
        TAG = "tag", _("tag")
        TICKER = "ticker", _("ticker")
        AUTHOR = "author", _("author")

    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    #: A slug, or a ticker's symbol.
    key = models.CharField(_("former address"), max_length=200)
    article = models.ForeignKey("articles.Article", models.CASCADE, "+", null=True)
    tag = models.ForeignKey("articles.Tag", models.CASCADE, "+", null=True)
    author = models.ForeignKey("articles.Author", models.CASCADE, "+", null=True)
    at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at", "-id"], name="former_address_newest")]
        constraints = [
            models.UniqueConstraint(name="former_address_once", fields=["kind", "key"]),
            models.CheckConstraint(
                name="former_address_leads_to_one",
                condition=Q(kind="article", article__isnull=False, tag=None, author=None)
                | Q(kind__in=["tag", "ticker"], article=None, tag__isnull=False, author=None)
                | Q(kind="author", article=None, tag=None, author__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def target(self) -> Any:
        """The article, tag or author that had this address."""
        return self.article or self.tag or self.author


class Review(models.Model):
    """A writer asked the editors to look at a draft, and what came of it; at once the outbox of
    the mails that tell editors.
    """

    class Outcome(models.TextChoices):
        OPEN = "", _("Waits")
        TAKEN_BACK = "taken_back", _("Taken back")
        SENT_BACK = "sent_back", _("Sent back")
        ACCEPTED = "accepted", _("Accepted")

    article = models.ForeignKey("articles.Article", models.CASCADE, "reviews")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, "+", null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default=Outcome.OPEN)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, "+", null=True)
    answered_at = models.DateTimeField(null=True)
    note = models.TextField(max_length=2000, blank=True)
    #: When the mails to editors were written; None: still owed.
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="review_one_open", fields=["article"], condition=Q(outcome="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.get_outcome_display()}"


class EditorPreference(models.Model):
    """Whether an editor wants a mail when a draft waits for review; no row: no."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True)
    review_mail = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("editor’s preference")
        verbose_name_plural = _("editors’ preferences")

    def __str__(self) -> str:
        return f"preferences of user {self.pk}"


class Correction(models.Model):
    """What an article said wrongly, and that it was put right; readers see it below the article."""

    article = models.ForeignKey("articles.Article", models.CASCADE, "corrections")
    day = models.DateField(_("day"), default=timezone.localdate)
    said = models.CharField(
        _("what was wrong, and what is right"),
        max_length=600,
        help_text=_("As readers shall read it."),
    )

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["day", "pk"]

    def __str__(self) -> str:
        return f"{self.day}: {self.said[:60]}"

    def clean(self) -> None:
        if self.day and self.day > timezone.localdate():
            raise ValidationError({"day": _("This day has not come yet.")})


#: A change of one of these is no change of any page that readers see.
UNSEEN: tuple[type[models.Model], ...] = (Review, EditorPreference)
