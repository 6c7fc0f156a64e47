"""What a worker writes down of itself and of Akismet, as seldom as serves the desk."""

from datetime import datetime, timedelta

from django.utils import timezone

from comments.models import AkismetState

#: A worker says so often that it lives, and that Akismet answers.
BEAT_EVERY, GOOD_EVERY = timedelta(seconds=30), timedelta(seconds=10)


class Pulse:
    """One worker's notes. Others write into the same row; the newest holds."""

    def __init__(self) -> None:
        self._next_beat: datetime | None = None
        self._next_good: datetime | None = None
        # What we last wrote of the alert: others may have written something else since.
        self._alert: str | None = None

    def beat(self) -> None:
        """Say that a worker lives, at most every 30 s; called as often as one likes."""
        now = timezone.now()
        if self._next_beat is None or now >= self._next_beat:
            AkismetState.note(worker_seen_at=now)
            self._next_beat = now + BEAT_EVERY

    def answered(self, alert: str) -> None:
        """Note that Akismet gave a verdict, and what it told the site's owner along with it."""
        now = timezone.now()
        if alert != self._alert or self._next_good is None or now >= self._next_good:
            AkismetState.note(last_good_at=now, alert=alert)
            self._alert, self._next_good = alert, now + GOOD_EVERY

    def told(self, alert: str) -> None:
        """Note what Akismet told the site's owner without judging anything; "" clears it."""
        if alert != self._alert:
            AkismetState.note(alert=alert)
            self._alert = alert
