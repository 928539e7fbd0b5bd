#!/usr/bin/env python3
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            "Django is not installed here. Run `make setup`, then "
            "`.venv/bin/python manage.py …`."
        ) from error

    from console.config.embedded import ServiceError, ensure

    try:
        with ensure(sys.argv):
            execute_from_command_line(sys.argv)
    except ServiceError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
