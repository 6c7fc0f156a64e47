"""`manage.py erase_personal_data EMAIL`: forget what is known under an address."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from comments import privacy
from comments.management.people import read_address
from comments.models import PrivacyEvent
from comments.personal import rights


class Command(BaseCommand):
    help = (
        "Erase what is known under an email address: public comments become ones by “Anonymous”, "
        "all others are deleted. It is noted that this was done, not for whom."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The address; - reads it from the standard input.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, email: str, yes: bool, **options: Any) -> None:
        hashes = privacy.address_hashes(read_address(email))
        known = rights.known_about(hashes)
        if not known["anything"]:
            self.stdout.write("Nothing is known under this address.")
            return
        self.stdout.write(
            f"{known['public']} public comments would become anonymous and {known['others']} "
            f"others be deleted, with {known['mails']} mails, {known['addresses']} addresses "
            f"and {known['errors']} reported errors."
        )
        if not yes and not self._confirmed():
            raise CommandError("Nothing was erased.")
        erased = rights.erase_address(hashes, actor=PrivacyEvent.Actor.COMMAND)
        self.stdout.write(f"Erased. Comments concerned: {erased}.")

    def _confirmed(self) -> bool:
        try:
            return input("This cannot be undone. Write “yes” to go on: ").strip().lower() == "yes"
        except EOFError:
            return False
