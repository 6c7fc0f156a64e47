"""`manage.py work`: the worker process."""

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from comments.spam.akismet import Akismet, NoAnswer
from comments.worker import Worker

logger = logging.getLogger("comments.worker")


class Command(BaseCommand):
    help = (
        "Ask Akismet about new comments and report to it what moderators decide, until stopped "
        "by SIGTERM or Ctrl-C. Any number may run at once, on any number of machines."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Do what is due now and stop: for cron and tests."
        )
        parser.add_argument(
            "--slots", type=int, default=4, help="How many calls at a time (default: 4)."
        )

    def handle(self, *args: Any, once: bool, slots: int, **options: Any) -> None:
        akismet = Akismet.from_settings()
        worker = Worker(akismet, slots=slots)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if not once:
            self._greet(akismet)
        try:
            worker.run(once=once)
        finally:
            akismet.close()
        logger.info("worker stopped")

    def _greet(self, akismet: Akismet) -> None:
        """Say at the start what kind of day it will be; trouble here stops nothing."""
        try:
            valid = akismet.verify_key()
        except NoAnswer as error:
            logger.warning("worker started; Akismet did not answer (%s)", error)
        else:
            if valid:
                logger.info("worker started; Akismet knows our key")
            else:
                logger.error("worker started; Akismet says that AKISMET_API_KEY is not valid")
