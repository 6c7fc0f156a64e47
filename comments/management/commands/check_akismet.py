"""`manage.py check_akismet`: Akismet's health in a terminal, with three questions put to it."""

import sys
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core.management.base import BaseCommand

from comments import health, recheck
from comments.health_facts import facts_of
from comments.spam import probes
from comments.spam.akismet import Akismet


class Command(BaseCommand):
    help = (
        "Say how Akismet and the workers are, as /moderation/akismet/ does, and ask Akismet about "
        "the key and two comments whose verdict it promises. Exit status 1 when anything is wrong."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        known = health.known()
        found = health.faults(known)
        for fact in facts_of(known, health.unjudged()):
            self._say(str(fact.name), str(fact))
        for row in health.errors_of_the_day():
            count, last = row["count"], naturaltime(row["last"])
            self._say(f"No answer: {row['error']}", f"{count:,} in 24 hours, the last {last}")
        if left := recheck.left():
            self._say("Still to be checked again", f"{left:,}")
        akismet = Akismet.from_settings()
        try:
            results = probes.run(akismet)
        finally:
            akismet.close()
        for row in results:
            verdict = "as it should be" if row["right"] else f"WRONG, not {row['expected']}"
            self._say(f"Asked: {row['probe']}", f"{row['answer']} ({row['ms']} ms): {verdict}")
        for fault in found:
            self.stdout.write(f"! {fault.text} {fault.link}".rstrip())
        if found or not all(row["right"] for row in results):
            sys.exit(1)
        self.stdout.write("All is well.")

    def _say(self, what: str, value: str) -> None:
        # A terminal, and whoever reads its log, has no use for spaces that do not break.
        self.stdout.write(f"{what + ':':34} {value}".replace("\N{NO-BREAK SPACE}", " "))
