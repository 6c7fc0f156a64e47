"""What the commands about one person have in common."""

import sys

from django.core.management.base import CommandError


def read_address(argument: str) -> str:
    """Return the address that a command was given; `-` reads it from the standard input.

    An argument can be read by everybody on the machine while the command runs.
    """
    email = sys.stdin.readline() if argument == "-" else argument
    email = email.strip()
    if "@" not in email:
        raise CommandError("That is no email address.")
    return email
