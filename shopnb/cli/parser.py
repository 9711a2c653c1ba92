"""The commands and their options, with help in the language of the system.

Belongs here: what argparse has to know. What a command does is in the module that it names, imported when it runs.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from importlib import metadata
from typing import Any, NoReturn

from shopnb import labels
from shopnb.errors import ParameterError

# command -> (module of shopnb.cli, function, options)
COMMANDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "new-shop": ("folders", "new_shop", ("DIR",)),
    "import": ("folders", "import_", ("FILE", "--shop", "--rebuild", "--json")),
    "undo": ("folders", "undo", ("IMPORT", "--shop", "--json")),
    "status": ("folders", "status", ("--shop", "--json")),
    "list": ("reports", "list_", ("--json",)),
    "run": (
        "running",
        "run",
        (
            "REPORT",
            "--shop…",
            "--out",
            "-p",
            "--lang",
            "--jobs",
            "--timeout",
            "--memory",
            "--force",
            "--day",
            "--require-fresh",
            "--log",
            "--static",
            "--xlsx",
            "--png",
            "--pdf",
            "--digest",
            "--json",
        ),
    ),
    "schedule": (
        "schedule",
        "schedule",
        (
            "REPORT",
            "--at",
            "--shop…",
            "--out",
            "-p",
            "--lang",
            "--jobs",
            "--timeout",
            "--memory",
            "--static",
            "--xlsx",
            "--png",
            "--pdf",
            "--digest",
            "--require-fresh",
            "--log",
        ),
    ),
    "lab": ("lab", "lab", ("FOLDER",)),
    "doctor": ("doctor", "doctor", ("--json",)),
}

_OPTIONS: dict[str, dict[str, Any]] = {
    "DIR": {"metavar": "DIR"},
    "FILE": {"metavar": "FILE", "nargs": "*"},
    "IMPORT": {"metavar": "IMPORT"},
    "REPORT": {"metavar": "REPORT", "nargs": "*"},
    "FOLDER": {"metavar": "FOLDER", "nargs": "?", "default": ""},
    "--shop": {"metavar": "DIR", "default": ""},
    "--shop…": {"metavar": "DIR", "action": "append", "nargs": "+", "default": []},
    "--out": {"metavar": "DIR", "default": ""},
    "-p": {"metavar": "[REPORT.]NAME=VALUE", "action": "append", "default": [], "dest": "given"},
    "--lang": {"choices": labels.LANGUAGES, "default": ""},
    "--jobs": {"metavar": "N", "type": int, "default": 0},
    "--timeout": {"metavar": "TIME", "default": "15m"},
    "--memory": {"metavar": "SIZE", "default": "2G"},
    "--day": {"metavar": "YYYY-MM-DD", "default": ""},
    "--log": {"metavar": "FILE", "default": ""},
    "--require-fresh": {"action": "store_true"},
    "--at": {"metavar": "HH:MM", "default": "10:00"},
    "--rebuild": {"action": "store_true"},
    "--force": {"action": "store_true"},
    "--static": {"action": "store_true"},
    "--xlsx": {"action": "store_true"},
    "--png": {"action": "store_true"},
    "--pdf": {"action": "store_true"},
    "--digest": {"action": "store_true"},
    "--json": {"action": "store_true"},
}


def default_of(option: str) -> Any:
    """What an option is when nobody gives it."""
    return _OPTIONS[option]["default"]


class _Parser(argparse.ArgumentParser):
    """argparse whose complaints have problem and fix, and whose headings speak the language of the system."""

    lang = "en"

    def error(self, message: str) -> NoReturn:
        error = ParameterError("command_line", what=message, command=self.prog)
        self.exit(error.exit_code, error.text(self.lang) + "\n")


def build_parser(lang: str) -> argparse.ArgumentParser:
    """The parser of `shopnb`; a command's function is in `command` of what it gives."""
    parser = _make("shopnb", lang, labels.text("cli.description", lang))
    parser.add_argument("--version", action="version", version=f"shopnb {metadata.version('shopnb')}",
                        help=labels.text("cli.options.version", lang))  # fmt: skip
    parser.set_defaults(command=None, name="")
    made = parser.add_subparsers(
        metavar="COMMAND", title=labels.text("cli.commands_title", lang), parser_class=_Parser, prog="shopnb"
    )
    for name, (module, function, options) in COMMANDS.items():
        told = labels.text(f"cli.commands.{name}", lang)
        after = labels.text(f"cli.after.{name}", lang) if labels.has(f"cli.after.{name}", lang) else None
        command = made.add_parser(name, help=told, description=told, epilog=after, add_help=False)
        _dress(command, lang)
        for option in options:
            flag = option.removesuffix("…")
            words = labels.text(f"cli.options.{flag.lstrip('-')}", lang)
            command.add_argument(flag if flag.startswith("-") else flag.lower(), **_OPTIONS[option], help=words)
        command.set_defaults(command=_calling(module, function), name=name)
    return parser


def _make(prog: str, lang: str, description: str) -> _Parser:
    parser = _Parser(prog=prog, description=description, add_help=False)
    _dress(parser, lang)
    return parser


def _dress(parser: argparse.ArgumentParser, lang: str) -> None:
    """Headings and the help option in one language, the same under every Python."""
    parser.lang = lang  # type: ignore[attr-defined]
    parser.color = False  # type: ignore[attr-defined]
    parser._positionals.title = labels.text("cli.arguments_title", lang)
    parser._optionals.title = labels.text("cli.options_title", lang)
    parser.add_argument("-h", "--help", action="help", help=labels.text("cli.options.help", lang))


def _calling(module: str, function: str) -> Callable[..., int]:
    def call(given: argparse.Namespace, lang: str) -> int:
        return int(getattr(importlib.import_module(f"shopnb.cli.{module}"), function)(given, lang))

    return call
