#!/usr/bin/env python
"""Run a management command, for example `python manage.py migrate`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line
    from environs import EnvError

    try:
        execute_from_command_line(sys.argv)
    except EnvError as error:
        what = str(error).rstrip(".")
        sys.exit(f"The settings cannot be read: {what}. See .env.example.")


if __name__ == "__main__":
    main()
