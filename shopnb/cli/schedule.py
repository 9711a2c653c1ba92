"""`shopnb schedule`: the lines for the schedulers that people have. Prints them, installs nothing.

Belongs here: those lines.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path

from shopnb import labels
from shopnb.cli import terminal
from shopnb.cli.sample import shop_folder
from shopnb.errors import ParameterError
from shopnb.shop.folder import find_folder


def schedule(given: argparse.Namespace, lang: str) -> int:
    """Print what runs the reports every day."""
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", given.at):
        raise ParameterError("time_of_day", found=given.at)
    hour, minute = (int(part) for part in given.at.split(":"))
    command = [sys.executable, "-m", "shopnb", "run", *given.report]
    shops = [written for group in given.shop for written in group]
    command += ["--shop", *(str(find_folder(shop_folder(written)).resolve()) for written in shops or [""])]
    if given.out:
        command += ["--out", str(Path(given.out).expanduser().resolve())]
    for name, lines in (
        ("cron", cron(command, hour, minute)),
        ("systemd", systemd(command, hour, minute)),
        ("windows", windows(command, hour, minute)),
    ):
        terminal.say(labels.text(f"cli.schedule.{name}", lang))
        terminal.say(lines + "\n")
    return 0


def cron(command: list[str], hour: int, minute: int) -> str:
    r"""One crontab line; a percent sign means a new line there and is escaped.

    Examples
    --------
    >>> cron(["shopnb", "run", "--shop", "/shops/100% cotton"], 10, 5)
    "5 10 * * * shopnb run --shop '/shops/100\\% cotton'"
    """
    return f"{minute} {hour} * * * " + shlex.join(command).replace("%", "\\%")


def systemd(command: list[str], hour: int, minute: int) -> str:
    """A service and its timer; a run that was slept through is made up for."""
    quoted = " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"' for part in command)
    return (
        f"[Service]\nType=oneshot\nExecStart={quoted}\n\n"
        f"[Timer]\nOnCalendar=*-*-* {hour:02}:{minute:02}:00\nPersistent=true\n\n[Install]\nWantedBy=timers.target"
    )


def windows(command: list[str], hour: int, minute: int) -> str:
    """Two lines for PowerShell; single quotes there are doubled."""
    program = command[0].replace("'", "''")
    rest = " ".join(f'"{part}"' if " " in part else part for part in command[1:]).replace("'", "''")
    at = f"{hour:02}:{minute:02}"
    return (
        f"$run = New-ScheduledTaskAction -Execute '{program}' -Argument '{rest}'\n"
        f"Register-ScheduledTask shopnb -Action $run -Trigger (New-ScheduledTaskTrigger -Daily -At {at})"
    )
