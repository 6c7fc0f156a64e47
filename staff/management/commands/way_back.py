"""`manage.py way_back NAME`: let an administrator in again who is locked out."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from staff import notices, sessions
from staff.models import Authenticator
from staff.throttle import forget


class Command(BaseCommand):
    help = (
        "Lets an administrator in again: makes the user active and an administrator, takes the "
        "second factor away, unlocks signing in, ends all sessions; with --password sets a new one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the user name")
        parser.add_argument("--password", action="store_true", help="ask for a new password")
        parser.add_argument("--yes", action="store_true", help="do not ask whether to go on")

    def handle(self, *args: Any, name: str, password: bool, yes: bool, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(
                f"There is no user {name!r}. To make a new administrator: manage.py createsuperuser"
            )
        if not yes:
            self.stdout.write(f"{name} becomes an administrator who may do everything.")
            if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was changed.")
        new = self.ask(user) if password else None
        with transaction.atomic():
            for line in let_in(user, new):
                self.stdout.write(line)
        self.stdout.write(f"{name} can sign in.")

    def ask(self, user: User) -> str:
        """Return a password that was typed twice and keeps the rules."""
        new = getpass("New password: ")
        if new != getpass("New password again: "):
            raise CommandError("The two are not the same. Nothing was changed.")
        try:
            validate_password(new, user)
        except ValidationError as error:
            raise CommandError(" ".join([*error.messages, "Nothing was changed."])) from None
        return new


def let_in(user: User, password: str | None) -> list[str]:
    """Take away whatever keeps `user` out, and return what was done, a line each."""
    done = []
    for name, words in (
        ("is_active", "active"),
        ("is_staff", "a member of the staff"),
        ("is_superuser", "an administrator"),
    ):
        if not getattr(user, name):
            setattr(user, name, True)
            done.append(f"Made {words}.")
    if password is not None:
        user.set_password(password)
        done.append("Set the new password.")
    user.save()
    if password is not None:
        notices.tell(user, notices.Event.PASSWORD_CHANGED, request=None)
    if Authenticator.objects.filter(user=user).delete()[0]:
        notices.tell(user, notices.Event.FACTOR_REMOVED, request=None)
        done.append("Took the second factor away; set up a new one after signing in.")
    failures = forget(username=user.get_username())
    if failures:
        done.append(f"Unlocked signing in, after failures: {failures}.")
    ended = sessions.end_all(user)
    if ended:
        done.append(f"Ended sessions: {ended}.")
    return done or ["Nothing kept this user out."]
