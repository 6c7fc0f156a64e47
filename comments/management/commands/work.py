"""`manage.py work`: the worker process."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from comments.mail.postman import Postman
from comments.spam.akismet import Akismet
from comments.worker import Worker

logger = logging.getLogger("comments.worker")

#: How long what is under way may take to end when we are told to stop: anything, and a mail whose
#: text is with the server already.
STOP_SECONDS, TEXT_SECONDS = 2, 12


class Command(BaseCommand):
    help = (
        "Ask Akismet about new comments, report to it what moderators decide, send mail and delete "
        "what is not kept any longer, until stopped by SIGTERM or Ctrl-C. Any number may run at "
        "once, on any number of machines."
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
        worker, postman = Worker(akismet, slots=slots), Postman()

        def stop(*_: Any) -> None:
            worker.stop()
            postman.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        try:
            if once:
                worker.run(once=True)
                postman.run(once=True)
            else:
                self._work(worker, postman)
        finally:
            akismet.close()
        logger.info("worker stopped")

    def _work(self, worker: Worker, postman: Postman) -> None:
        """Let both work side by side: a mail server that hangs must not keep up the checks."""

        def deliver() -> None:
            try:
                postman.run()
            finally:
                connections.close_all()

        # A daemon, so that a server that hangs for longer does not hold us: the rows say what
        # became of the mail.
        thread = threading.Thread(target=deliver, name="postman", daemon=True)
        thread.start()
        try:
            worker.run()
        finally:
            postman.stop()
            thread.join(STOP_SECONDS)
            if postman.text_under_way:
                thread.join(TEXT_SECONDS)
