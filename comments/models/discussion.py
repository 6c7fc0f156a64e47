"""What moderators tune."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles import generation
from articles.prepared import prepared

#: What a small integer holds.
MOST = 32_767


class Discussion(models.Model):
    """What moderators tune, in one row: WordPress's *Settings → Discussion*."""

    SINGLETON = 1

    # What waits.
    trust_known_writers = models.BooleanField(
        _("publish known writers at once"),
        default=False,
        help_text=_(
            "Known is who proved, by a link mailed to it, to hold the address, and has had "
            "comments approved. Off: every comment waits for a moderator."
        ),
    )
    approvals_to_trust = models.PositiveSmallIntegerField(
        _("approved comments that make a writer known"),
        default=1,
        validators=[MinValueValidator(1)],
    )
    links_to_hold = models.PositiveSmallIntegerField(
        _("links"),
        default=2,
        validators=[MinValueValidator(1)],
        help_text=_("A comment with this many links or more waits, whoever wrote it."),
    )
    hold_words = models.TextField(
        _("words to hold for"),
        blank=True,
        help_text=_(
            "One a line. Looked for, in capitals or not, in the text, name, address, website, "
            "IP address and user agent. Press, for example, also finds WordPress. "
            "/between slashes/ is a regular expression."
        ),
    )
    hold_scams = models.BooleanField(
        _("hold what reads like an investment scam"),
        default=True,
        help_text=_(
            "Messenger and phone contacts, praise of account managers, recovery of funds, "
            "guaranteed returns, wallet addresses. Contacts are masked in pages."
        ),
    )
    reports_to_hold = models.PositiveSmallIntegerField(
        _("reports by readers that hide a comment"),
        default=3,
        help_text=_("Until a moderator has looked at it. 0: reports never hide anything."),
    )

    # What is refused.
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
    flood_per_minute = models.PositiveSmallIntegerField(
        _("comments a minute"),
        default=2,
        help_text=_("From one network: a /24 (IPv4) or /48 (IPv6). 0: no limit."),
    )
    flood_per_hour = models.PositiveSmallIntegerField(
        _("comments an hour"), default=20, help_text=_("From one network. 0: no limit.")
    )
    close_after_days = models.PositiveSmallIntegerField(
        _("days until comments close"),
        default=0,
        help_text=_("After an article was published. 0: they stay open."),
    )

    # Akismet.
    discard_blatant_spam = models.BooleanField(
        _("throw blatant spam away"),
        default=False,
        help_text=_(
            "What Akismet is certain of is counted and not kept. Who sent it can notice: the link "
            "to its preview leads nowhere."
        ),
    )
    akismet_log_only = models.BooleanField(
        _("only note what Akismet says"),
        default=False,
        help_text=_("For trying it out: its verdict is shown, and every comment waits."),
    )
    akismet_gets_email = models.BooleanField(
        _("tell Akismet the writer’s address"),
        default=True,
        help_text=_("Without it, less spam is recognized."),
    )

    # Who decides, and how they hear of what waits.
    authors_moderate = models.BooleanField(
        _("authors moderate their own articles"),
        default=False,
        help_text=_(
            "Staff who are named as an article’s author get the desk for the comments on their "
            "own articles, and nothing else of it."
        ),
    )
    digest_minutes = models.PositiveSmallIntegerField(
        _("minutes between two mails to a moderator"),
        default=15,
        help_text=_(
            "About what came into the queue, to moderators who asked for such mail. "
            "0: no such mail to anybody."
        ),
    )

    # Writers.
    edit_minutes = models.PositiveSmallIntegerField(
        _("minutes to edit"),
        default=5,
        help_text=_("Writers may change a comment so long, and until somebody replies. 0: never."),
    )

    # How threads are shown.
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

    # How long things are kept, in days.
    spam_days = models.PositiveSmallIntegerField(
        _("spam"), default=15, validators=[MinValueValidator(1)]
    )
    trash_days = models.PositiveSmallIntegerField(
        _("trash"), default=30, validators=[MinValueValidator(1)]
    )
    sent_days = models.PositiveSmallIntegerField(
        _("copies of what Akismet got"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(15)],
        help_text=_("At most 15: needed only to correct its mistakes."),
    )
    origin_days = models.PositiveSmallIntegerField(
        _("IP addresses and user agents"), default=90, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = verbose_name_plural = _("discussion settings")

    def __str__(self) -> str:
        return str(_("Discussion settings"))

    def clean(self) -> None:
        """Refuse numbers out of range, and patterns that cannot work, naming the line."""
        # Here, since the spam filter imports these models.
        from comments.spam import words

        errors: dict[str, list[str]] = {}
        for number in self._meta.fields:
            value = getattr(self, number.name)
            # PostgreSQL refuses more by itself; SQLite stores it, and dates run out of range.
            if isinstance(number, models.PositiveSmallIntegerField) and (value or 0) > MOST:
                errors[number.name] = [gettext("At most %d, please.") % MOST]
        for field in ("hold_words", "disallowed_words"):
            for fault in words.faults(getattr(self, field)):
                said = (
                    gettext(
                        "Line %(number)d, %(line)s, could take so long that it would hold up "
                        "comments. Please write it more simply."
                    )
                    if fault.too_slow
                    else gettext("Line %(number)d, %(line)s, is no regular expression: %(reason)s.")
                )
                words_said = {
                    "number": fault.number,
                    "line": fault.line[:80],
                    "reason": fault.reason,
                }
                errors.setdefault(field, []).append(said % words_said)
        if errors:
            raise ValidationError(errors)

    @classmethod
    def load(cls) -> "Discussion":
        """Return the settings in force: the row, or the defaults while there is none."""
        for stored in _stored(row=cls.SINGLETON):
            return stored
        return cls(pk=cls.SINGLETON)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = self.SINGLETON
        super().save(*args, **kwargs)
        generation.changed()  # how threads are shown, whether comments are open


@prepared
def _stored(*, row: int) -> models.QuerySet[Discussion]:
    return Discussion.objects.filter(pk=row)
