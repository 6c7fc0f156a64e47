"""`manage.py work`: the worker process."""

import logging
import signal
import threading
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from articles.pictures.drawing import Draftsman
from articles.search.index import Indexer
from comments.mail.postman import Postman
from comments.spam.akismet import Akismet
from comments.worker import Worker

logger = logging.getLogger("comments.worker")

#: How long what is under way may take to end when we are told to stop: anything, and a mail whose
#: text is with the server already.
STOP_SECONDS, TEXT_SECONDS = 2, 12


class Running(Protocol):
    """What works on until it is told to stop, or does what is due once."""

    def run(self, *, once: bool = ...) -> None: ...

    def stop(self) -> None: ...


class Command(BaseCommand):
    help = (
        "Ask Akismet about new comments, report to it what moderators decide, send mail, delete "
        "what is not kept any longer and make the smaller copies of pictures, until stopped by "
        "SIGTERM or Ctrl-C. Any number may run at once, on any number of machines."
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
        others: dict[str, Running] = {"draftsman": Draftsman(), "indexer": Indexer()}
        everybody: tuple[Running, ...] = (worker, postman, *others.values())

        def stop(*_: Any) -> None:
            for one in everybody:
                one.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        try:
            if once:
                for one in everybody:
                    one.run(once=True)
            else:
                self._work(worker, postman, **others)
        finally:
            akismet.close()
        logger.info("worker stopped")

    def _work(self, worker: Worker, postman: Postman, **others: Running) -> None:
        """Let all work side by side: a mail server that hangs must not keep up the checks."""
        deliveries = _beside(postman, "postman")
        for name, other in others.items():
            _beside(other, name)
        try:
            worker.run()
        finally:
            for other in (postman, *others.values()):
                other.stop()
            deliveries.join(STOP_SECONDS)
            if postman.text_under_way:
                deliveries.join(TEXT_SECONDS)


def _beside(other: Running, name: str) -> threading.Thread:
    """Let `other` run in a thread of its own."""

    def run() -> None:
        try:
            other.run()
        finally:
            connections.close_all()

    # A daemon, so that a server that hangs for longer does not hold us: the rows say what became
    # of a mail, and a picture half made is made again.
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
