"""Comments in two halves: what the public may see, and what it may not.

`Comment.objects.public()` is the readers' only gate. Reader pages never join `Submission`.
Only `comments/moderation/` writes `Comment.status`.
"""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from comments import privacy
from comments.client_address import network_of
from comments.looks import Looks
from comments.status import NEEDS_VERDICT, HeldFor, Status, Verdict

#: The limits of WordPress's columns, but for the text: its 65,525 bytes are more than a comment.
NAME_LENGTH = 245
EMAIL_LENGTH = 100
URL_LENGTH = 200
TEXT_LENGTH = 5_000


class CommentQuerySet(models.QuerySet["Comment"]):
    def public(self) -> "CommentQuerySet":
        """Only what readers may see."""
        return self.filter(status=Status.APPROVED)

    def queue(self) -> "CommentQuerySet":
        """What waits for a moderator."""
        return self.filter(status=Status.PENDING)

    def withdrawn(self) -> "CommentQuerySet":
        """What its own writer took away: the thread says so where somebody had answered."""
        return self.filter(status=Status.TRASH, withdrawn_at__isnull=False)

    def spam(self) -> "CommentQuerySet":
        return self.filter(status=Status.SPAM)

    def trashed(self) -> "CommentQuerySet":
        return self.filter(status=Status.TRASH)

    def unjudged(self) -> "CommentQuerySet":
        """What Akismet may still be asked about: unchecked, handed over without an answer, or in
        the queue and to be checked again."""
        return self.filter(
            Q(status=Status.SUBMITTED)
            | Q(status=Status.PENDING, verdict=Verdict.UNAVAILABLE)
            | Q(status=Status.PENDING, check_due__isnull=False)
        )

    def due_for_check(self) -> "CommentQuerySet":
        """What the worker should ask Akismet about now, longest due first."""
        return self.unjudged().filter(check_due__lte=timezone.now()).order_by("check_due")


class Comment(Looks, models.Model):
    """The public half of a comment, its place in the thread and its place in the life cycle."""

    article = models.ForeignKey(Article, models.CASCADE, "comments", verbose_name=_("article"))
    parent = models.ForeignKey(
        "self", models.SET_NULL, "replies", null=True, blank=True, verbose_name=_("in reply to")
    )
    # Ids from the thread's first comment down to the one this hangs under. They are kept as
    # numbers, so that a thread keeps its shape when a comment in its middle is gone for good.
    ancestors = models.JSONField(default=list, blank=True, editable=False)
    # The first of `ancestors`; empty for the comment that opens a thread.
    thread = models.PositiveBigIntegerField(null=True, blank=True, editable=False)

    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    url = models.URLField(_("website"), max_length=URL_LENGTH, blank=True)
    text = models.TextField(_("comment"), max_length=TEXT_LENGTH)
    html = models.TextField(editable=False)
    user = models.ForeignKey(
        "auth.User", models.SET_NULL, null=True, blank=True, verbose_name=_("staff member")
    )
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(
        _("removed by its writer"), null=True, blank=True, editable=False
    )

    status = models.CharField(_("status"), max_length=9, choices=Status)
    since = models.DateTimeField(_("in this status since"), default=timezone.now, editable=False)
    verdict = models.CharField(
        _("verdict"), max_length=11, choices=Verdict, default=Verdict.UNCHECKED
    )
    held_for = models.CharField(_("held for"), max_length=20, choices=HeldFor, blank=True)
    held_detail = models.CharField(_("what exactly"), max_length=200, blank=True)

    # When to ask Akismet next: at once "when to look", back-off and lease. Empty: nothing to ask.
    check_due = models.DateTimeField(null=True, blank=True, editable=False)
    check_attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("moderate_comment", _("Can decide about comments at the moderation desk")),
            ("reveal_address", _("Can see email addresses in full")),
            ("handle_personal_data", _("Can export and erase what is known about a person")),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="comment_desk"),
            models.Index(fields=["article", "status", "-id"], name="comment_by_article"),
            models.Index(fields=["status", "created_at", "id"], name="comment_written"),
            models.Index(fields=["status", "verdict", "-id"], name="comment_by_verdict"),
            models.Index(
                F("article"),
                Coalesce("thread", "id"),
                F("id"),
                name="comment_public_threads",
                condition=Q(status=Status.APPROVED),
            ),
            models.Index(
                fields=["status", "since"],
                name="comment_kept_until",
                # Not "in": SQLite does not see that a status is in a list.
                condition=Q(status=Status.SPAM) | Q(status=Status.TRASH),
            ),
            # What came into the queue lately, and what has waited longest.
            models.Index(
                fields=["since"], name="comment_waits_since", condition=Q(status=Status.PENDING)
            ),
            models.Index(fields=["article", "name"], name="comment_said_before"),
            models.Index(
                fields=["check_due"], name="comment_due", condition=Q(check_due__isnull=False)
            ),
        ]
        constraints = [
            # The promise of the product: no comment reaches a person's eyes unjudged.
            models.CheckConstraint(
                name="comment_judged_before_queue",
                condition=~Q(status__in=sorted(NEEDS_VERDICT)) | ~Q(verdict=Verdict.UNCHECKED),
            ),
            models.CheckConstraint(
                name="comment_status_known", condition=Q(status__in=Status.values)
            ),
            models.CheckConstraint(
                name="comment_verdict_known", condition=Q(verdict__in=Verdict.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"


#: A thread with something public in it. Not "more than 0": SQLite would take that for a range of
#: the index by size, whatever the order asked for, and sort all threads of an article for a page.
IS_SHOWN = ~Q(size=0)


class Thread(models.Model):
    """How many public comments hang together, kept with every change of status.

    There is a row for each thread that ever had one, whatever became of the comment that opened
    it; so a page of threads is found without reading the comments of all the others.
    """

    opener = models.PositiveBigIntegerField(primary_key=True)
    article = models.ForeignKey(Article, models.CASCADE, "threads")
    size = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        indexes = [
            models.Index(fields=["article", "opener"], name="thread_oldest", condition=IS_SHOWN),
            models.Index(
                fields=["article", "-size", "opener"],
                name="thread_most_replied",
                condition=IS_SHOWN,
            ),
        ]

    def __str__(self) -> str:
        return f"thread {self.opener}: {self.size}"


#: The row still says something of the machine that the comment came from.
HAS_ORIGIN = Q(ip__isnull=False) | ~Q(user_agent="") | ~Q(referrer="") | ~Q(honeypot="")


class Submission(models.Model):
    """The private half of a comment: who sent it and from where. Never on a reader's page."""

    comment = models.OneToOneField(Comment, models.CASCADE, primary_key=True)
    email = privacy.EncryptedTextField(_("email"))
    email_hash = models.CharField(max_length=64, editable=False)
    # Set when the holder of the address proved, by a link mailed to it, to have written this.
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, editable=False)
    # The writer asked to be told about replies.
    notify = models.BooleanField(_("follows replies"), default=False)
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    # The /24 (IPv4) or /48 (IPv6) that `ip` lies in.
    network = models.CharField(max_length=43, blank=True, editable=False)
    user_agent = models.TextField(_("user agent"), blank=True)
    referrer = models.TextField(_("referrer"), blank=True)
    honeypot = models.TextField(_("honeypot"), blank=True)
    # Made in the reader's browser, once a page: two equal ones are one comment sent twice.
    key = models.UUIDField(_("submission key"), null=True, blank=True, unique=True)
    # What was asked of Akismet, as JSON: feedback must repeat it to the letter.
    sent = privacy.EncryptedTextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        indexes = [
            # With the comment, so that the desk finds the newest of an origin without these rows.
            models.Index(fields=["email_hash", "at", "comment"], name="submission_by_address"),
            models.Index(fields=["ip", "at", "comment"], name="submission_by_ip"),
            models.Index(
                fields=["network", "at", "comment"],
                name="submission_by_network",
                condition=~Q(network=""),
            ),
            # What retention looks for.
            models.Index(
                fields=["sent_at"], name="submission_sent", condition=Q(sent_at__isnull=False)
            ),
            models.Index(fields=["at"], name="submission_origin", condition=HAS_ORIGIN),
        ]

    def __str__(self) -> str:
        return f"submission of comment {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_hash = privacy.address_hash(self.email)
        self.network = network_of(self.ip)
        super().save(*args, **kwargs)

    @property
    def masked_email(self) -> str:
        return privacy.mask_address(self.email)

    @property
    def can_be_revealed(self) -> bool:
        """There is an address, and a key of ours reads it."""
        return self.email not in ("", privacy.UNREADABLE)
