"""The command line: parse, call, exit code.

Belongs here: commands and what they print, in the language of the system. 0 good, 2 the operator's mistake, 1 ours.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from shopnb import labels
from shopnb.cli import terminal
from shopnb.cli.parser import build_parser
from shopnb.errors import ShopnbError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    with terminal.ended_on_request():
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    terminal.speak_utf8()
    lang = labels.system_language()
    parser = build_parser(lang)
    given = parser.parse_args(arguments)
    if given.command is None:
        terminal.say(parser.format_help().rstrip())
        return 0
    with terminal.logged(given.log if given.name == "run" else ""):
        return _called(given, lang)


def _called(given: argparse.Namespace, lang: str) -> int:
    """Exit code of one command; what the operator can mend is said, anything else is raised."""
    try:
        return int(given.command(given, lang))
    except ShopnbError as error:
        terminal.complain(error.text(lang))
        return error.exit_code
    except KeyboardInterrupt:
        terminal.complain(labels.text("cli.interrupted", lang))
        return 130
    except BrokenPipeError:  # the reader of a pipe has gone: `shopnb list | head`
        sys.stderr.close()
        return 0


__all__ = ["main"]
