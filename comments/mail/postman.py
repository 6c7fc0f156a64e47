"""Deliver the outbox: what is owed by `Mail` rows leaves here, each at most once.

A claim moves `send_due` one lease ahead. Everything up to the server's word that it would take
the mail is done first; then the row says `started_at`, then the text goes out, then `sent_at`.
Killed before the start, the claim runs out and another postman tries; killed after it, the mail
may have arrived and is never sent again.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import QuerySet
from django.utils import timezone

from comments.leases import back_off, claim
from comments.mail import digest, drafts, letters, reviews
from comments.mail.server import MailServer, NoServer, Refused, TryLater
from comments.models import Mail
from comments.personal import retention

logger = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=3)
MAY_HAVE_BEEN_SENT = "may have been sent"
#: After so long, whoever started on a mail without a word of how it ended is taken for dead.
STARTED_AND_LOST, LOOK_FOR_LOST = timedelta(minutes=10), 600.0
#: How often it is looked whether moderators, editors or writers are owed a mail; in seconds.
LOOK_FOR_NEWS = 20.0
#: How often a mail is looked at whose comment is not judged yet.
WAIT_FOR_JUDGE = timedelta(minutes=1)
#: A server that cannot be reached is tried again after so many seconds, then twice as many, …
PAUSE_FIRST, PAUSE_MOST = 5.0, 300.0
CLOSE_IDLE_AFTER = 5.0  # seconds; servers drop whoever stays longer for nothing


class Postman:
    """One process's worth of sending. Any number may run at once."""

    def __init__(self, *, poll_seconds: float = 1.0, pause_first: float = PAUSE_FIRST) -> None:
        self.poll_seconds = poll_seconds
        # A plain flag: a signal handler may interrupt code that holds an Event's lock.
        self.stopping = False
        #: The one moment at which to be killed would leave it open whether a mail arrived.
        self.text_under_way = False
        self._pause_first = self._pause = pause_first
        self._paused_until = self._used_at = 0.0
        self._next_look_for_lost = self._next_look_for_news = 0.0
        self._server = MailServer()

    def stop(self) -> None:
        """Claim nothing more and let `run` return; may be called from a signal handler."""
        self.stopping = True

    def run(self, *, once: bool = False) -> None:
        """Deliver, and run the retention chores when they are due, until `stop` is called.

        With `once`, until nothing is due or the server cannot be used. A database that is away
        is waited for.
        """
        try:
            while not self.stopping:
                try:
                    retention.run_when_due(lambda: self.stopping)
                    self._close_lost()
                    self._owe_digests()
                    busy = self.deliver_next()
                except DatabaseError as error:
                    # Its message may quote a row, so only its kind goes into the log.
                    logger.error("the database failed; trying again (%s)", type(error).__name__)
                    if once:
                        raise
                    _forget_connection()
                    busy = False
                except Exception as error:
                    logger.error("the postman stumbled (%s)", type(error).__name__)
                    if once:
                        raise
                    busy = False
                if once and not busy:
                    return
                if not busy:
                    self._rest()
        finally:
            self._server.hang_up()

    def deliver_next(self) -> bool:
        """Deal with the mail that has been due longest. False if there is none, or no server."""
        now = time.monotonic()
        if now < self._paused_until or not self._due().exists():
            return False
        mails = claim(self._due(), "send", 1)
        for mail in mails:
            self._deliver(mail)
        return bool(mails) and time.monotonic() >= self._paused_until

    def _due(self) -> QuerySet[Mail]:
        return Mail.objects.filter(send_due__lte=timezone.now()).order_by("send_due")

    def _close_lost(self) -> None:
        """Note which mails somebody started on and was killed before saying how it ended."""
        if time.monotonic() < self._next_look_for_lost:
            return
        self._next_look_for_lost = time.monotonic() + LOOK_FOR_LOST
        before = timezone.now() - STARTED_AND_LOST
        for mail in Mail.objects.filter(
            started_at__lt=before, sent_at=None, send_due=None, error=""
        ):
            self._close(mail, error=MAY_HAVE_BEEN_SENT)

    def _owe_digests(self) -> None:
        if time.monotonic() >= self._next_look_for_news:
            self._next_look_for_news = time.monotonic() + LOOK_FOR_NEWS
            digest.owe_digests()
            reviews.owe_reviews()
            drafts.owe_drafts()

    def _rest(self) -> None:
        if self._server.is_open and time.monotonic() - self._used_at > CLOSE_IDLE_AFTER:
            self._server.hang_up()
        if not connection.in_atomic_block:  # as in a test
            close_old_connections()
        time.sleep(self.poll_seconds)

    # --- one mail --------------------------------------------------------------------------

    def _deliver(self, mail: Mail) -> None:
        """Send one mail and note what came of it. Whatever is wrong with it keeps up no other."""
        if not settings.MAIL_ENABLED:
            self._close(mail, error="no mail server set")
            return
        try:
            send = self._server.prepare(letters.compose(mail))
            self.text_under_way = True
            if not self._start(mail):  # the claim ran out under us, and somebody else has it
                return
            send()
        except letters.Drop as reason:
            self._close(mail, error=f"dropped: {reason}")
        except letters.Wait:
            self._postpone(mail, WAIT_FOR_JUDGE, "waits for a judge")
        except NoServer as reason:
            self._take_a_pause(reason)
            self._postpone(mail, back_off(mail.send_attempts), str(reason))
        except TryLater as reason:
            self._postpone(mail, back_off(mail.send_attempts), str(reason))
        except Refused as reason:
            self._close(mail, error=str(reason))
        except DatabaseError:
            raise
        except Exception as error:
            # Its message may quote the mail, so only its kind is kept.
            kind = type(error).__name__
            if mail.started_at:
                self._take_a_pause(NoServer(kind))
                self._close(mail, error=f"{MAY_HAVE_BEEN_SENT} ({kind})")
            else:
                self._server.hang_up()
                self._postpone(mail, back_off(mail.send_attempts), f"internal: {kind}")
        else:
            self._pause, self._used_at = self._pause_first, time.monotonic()
            Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), email="", error="")
            logger.info("mail %s (%s) sent", mail.pk, mail.kind)
        finally:
            self.text_under_way = False

    def _start(self, mail: Mail) -> bool:
        """Say in the row that the text goes out now; from here on it is never sent again."""
        now = timezone.now()
        if not _ours(mail).update(started_at=now, send_due=None):
            return False
        mail.started_at, mail.send_due = now, None
        return True

    def _postpone(self, mail: Mail, wait_for: timedelta, error: str) -> None:
        """Try again later; after three days no more."""
        if timezone.now() - mail.at >= GIVE_UP_AFTER:
            self._close(mail, error=f"given up: {error}")
            return
        due = timezone.now() + wait_for
        if _ours(mail).update(started_at=None, send_due=due, error=error[:100]):
            logger.info("mail %s (%s) has to wait: %s", mail.pk, mail.kind, error)

    def _close(self, mail: Mail, *, error: str) -> None:
        """Never send it (again). The address is not needed any more; its hash stays."""
        if _ours(mail).update(send_due=None, email="", error=error[:100]):
            logger.warning("mail %s (%s) not sent: %s", mail.pk, mail.kind, error)

    def _take_a_pause(self, reason: NoServer) -> None:
        self._server.hang_up(politely=False)
        self._paused_until = time.monotonic() + self._pause
        logger.warning("the mail server cannot be used (%s); pausing %.0f s", reason, self._pause)
        self._pause = min(PAUSE_MOST, 2 * self._pause)


def _ours(mail: Mail) -> QuerySet[Mail]:
    """Match the row of a mail only while it is as we claimed it, or as we started it."""
    return Mail.objects.filter(
        pk=mail.pk, send_due=mail.send_due, started_at=mail.started_at, sent_at=None
    )


def _forget_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()
