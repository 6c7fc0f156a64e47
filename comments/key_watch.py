"""What the worker asks Akismet beside comments: whether it knows the key, how much is used of the
plan, and the self-test that the desk may want. What was learned is kept in AkismetState.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from comments.job import Job
from comments.mail import notifications
from comments.models import AkismetState
from comments.pulse import Pulse
from comments.spam import probes
from comments.spam.akismet import Akismet
from comments.spam.answers import NoAnswer, Usage

logger = logging.getLogger(__name__)

#: How often Akismet is asked whether it still knows our key.
VERIFY_EVERY = timedelta(hours=6)
#: How often Akismet is asked how much of the plan is used, and the desk whether it wants a test.
USAGE_EVERY, LOOK_FOR_TEST_EVERY = timedelta(hours=1), timedelta(seconds=2)

#: A call for a thread, and what becomes of its outcome.
Asked = tuple[Callable[[], Any], Job]


class KeyWatch:
    """When to ask, for one worker; the answers are dealt with in its main thread."""

    def __init__(self, akismet: Akismet, pulse: Pulse) -> None:
        self.akismet = akismet
        self._pulse = pulse
        self._next_verification = timezone.now()
        # Not before the key is known to be good.
        self._next_usage: datetime | None = None
        self._next_look_for_test = timezone.now()
        self._testing = False

    def due(self, *, test_only: bool) -> Iterator[Asked]:
        """Yield what is to be asked now; with `test_only`, nothing that has its own hours."""
        if not test_only:
            yield from self._verification()
            yield from self._usage()
        yield from self._self_test()

    def _verification(self) -> Iterator[Asked]:
        now = timezone.now()
        if now < self._next_verification:
            return
        self._next_verification = now + VERIFY_EVERY
        job = Job("verification of the key", self._key_verified, _key_not_verified, counts=False)
        yield self.akismet.verify_key, job

    def _key_verified(self, valid: bool) -> None:
        AkismetState.note(key_valid=valid, key_verified_at=timezone.now())
        if valid:
            logger.info("Akismet knows our key")
            self._next_usage = self._next_usage or timezone.now()
        else:
            logger.error("Akismet says that AKISMET_API_KEY is not valid")
            notifications.owe_key_trouble("invalid: the key is not valid")

    def _usage(self) -> Iterator[Asked]:
        now = timezone.now()
        if self._next_usage is None or now < self._next_usage:
            return
        self._next_usage = now + USAGE_EVERY
        job = Job("question about usage", self._usage_known, _usage_not_known, counts=False)
        yield self.akismet.usage_limit, job

    def _usage_known(self, usage: Usage) -> None:
        AkismetState.note(usage=usage.values, usage_at=timezone.now())
        self._pulse.told(usage.alert)

    # --- the self-test that the desk may want -----------------------------------------------

    def _self_test(self) -> Iterator[Asked]:
        now = timezone.now()
        if self._testing or now < self._next_look_for_test:
            return
        self._next_look_for_test = now + LOOK_FOR_TEST_EVERY
        wanted = AkismetState.load().self_test_wanted_at
        if wanted is None:
            return
        self._testing = True
        job = Job(
            "self-test",
            lambda results: self._tested(wanted, results),
            lambda error: self._tested(wanted, [probes.fault(error)]),
            counts=False,
        )
        yield partial(probes.run, self.akismet), job

    def _tested(self, wanted: datetime, results: list[probes.Result]) -> None:
        """Keep the answers; the wish goes with them, so one lost on the way is carried out anew."""
        self._testing = False
        now = timezone.now()
        learned: dict[str, Any] = {"self_test": results, "self_test_at": now}
        if results[0]["answer"] in ("valid", "invalid"):
            learned |= {"key_valid": results[0]["answer"] == "valid", "key_verified_at": now}
        if all(result["right"] for result in results):
            # What Akismet told before holds no longer, unless it told it once more.
            alert = results[-1]["alert"]
            self._pulse.told(alert)
            learned |= {"last_good_at": now, "alert": alert}
        AkismetState.note(**learned)
        AkismetState.objects.filter(self_test_wanted_at=wanted).update(self_test_wanted_at=None)


def _key_not_verified(error: NoAnswer) -> None:
    if error.kind == "no_key":
        logger.warning("no AKISMET_API_KEY is set: people judge every comment")
    else:
        logger.warning("Akismet did not say whether it knows our key (%s)", error)


def _usage_not_known(error: NoAnswer) -> None:
    logger.warning("Akismet did not say how much is used (%s)", error)
