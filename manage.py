#!/usr/bin/env python
"""Django's command line. Commands that need the database use the running embedded servers or start them."""

import os
import sys

from django.core.management import execute_from_command_line

from lib.env import BadSetting
from salesteam import embedded

# What these do never touches the database, so they need not wait for one.
WITHOUT_DATABASE = {
    "--help", "--version", "check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help", "makemessages",
    "sendtestemail", "version",
}  # fmt: skip


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        if command == "servers":
            embedded.hold_in_foreground()
            return
        if command not in WITHOUT_DATABASE and embedded.is_used():
            embedded.ensure_running()
        execute_from_command_line(sys.argv)
    except (BadSetting, embedded.CannotStart) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
