"""`manage.py check_akismet`: Akismet's health in a terminal, with three questions put to it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.timesince import timesince

from comments import health
from comments.spam import probes
from comments.spam.akismet import Akismet


class Command(BaseCommand):
    help = (
        "Say how Akismet and the workers are, and ask Akismet about the key and two comments whose "
        "verdict it promises. Exit status 1 when anything is wrong."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        known = health.known()
        found = health.faults(known)
        state, waiting = known.state, health.unjudged()
        self._say("worker seen", _ago(state.worker_seen_at))
        self._say("last good answer", _ago(state.last_good_at))
        self._say("key verified", _ago(state.key_verified_at))
        self._say("alert", state.alert or "none")
        if state.usage_at:
            limit, used = state.usage.get("limit"), state.usage.get("usage")
            self._say("calls this month", f"{used} of {limit}, asked {_ago(state.usage_at)}")
        oldest = f", the oldest since {_ago(waiting['oldest'])}" if waiting["count"] else ""
        self._say("waiting for a verdict", f"{waiting['count']}{oldest}")
        for row in health.errors_of_the_day():
            self._say(f"no answer: {row['error']}", f"{row['count']} in 24 hours")
        akismet = Akismet.from_settings()
        try:
            results = probes.run(akismet)
        finally:
            akismet.close()
        for row in results:
            verdict = "as it should be" if row["right"] else f"WRONG, not {row['expected']}"
            self._say(row["probe"], f"{row['answer']} ({row['ms']} ms): {verdict}")
        for fault in found:
            self.stdout.write(f"! {fault.text} {fault.link}".rstrip())
        if found or not all(row["right"] for row in results):
            sys.exit(1)
        self.stdout.write("All is well.")

    def _say(self, what: str, value: str) -> None:
        self.stdout.write(f"{what + ':':32} {value}")


def _ago(moment: Any) -> str:
    return f"{timesince(moment, timezone.now())} ago" if moment else "never"
