"""`shopnb schedule`: the lines for the schedulers that people have. Prints them, installs nothing.

Belongs here: those lines, quoted as each scheduler reads them.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from shopnb import labels, parameters
from shopnb.cli import terminal
from shopnb.cli.parser import default_of
from shopnb.errors import ParameterError
from shopnb.runner.plan import unknown_report
from shopnb.shop import Settings
from shopnb.shop.folder import find_folder
from shopnb.shop.sample import shop_folder
from shopnb.shop.settings import read_settings

_WITH_VALUE = ("lang", "jobs", "timeout", "memory")
_FLAGS = ("static", "xlsx", "png", "pdf", "digest", "require_fresh")
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")  # PowerShell takes them all for single quotes


def schedule(given: argparse.Namespace, lang: str) -> int:
    """Print what runs the reports every day at a time of the shop's."""
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", given.at):
        raise ParameterError("time_of_day", found=given.at)
    hour, minute = (int(part) for part in given.at.split(":"))
    written = [one for group in given.shop for one in group]
    shops = [find_folder(shop_folder(one)).resolve() for one in written or [""]]
    settings = [read_settings(shop) for shop in shops]
    command = run_command(given, shops)
    zone, at = settings[0].time_zone, f"{hour:02}:{minute:02}"
    terminal.say(labels.text("cli.schedule.zone", lang, zone=zone, at=at) + _other_zones(settings, lang) + "\n")
    for name, lines in (
        ("cron", cron(command, hour, minute, zone=zone, lang=lang)),
        ("service", systemd_service(command, lang=lang)),
        ("timer", systemd_timer(hour, minute, zone=zone)),
        ("windows", windows(command, at)),
    ):
        terminal.say(labels.text(f"cli.schedule.{name}", lang, zone=zone, at=at))
        terminal.say(lines + "\n")
    terminal.say(labels.text("cli.schedule.exit", lang))
    return 0


def _other_zones(settings: Sequence[Settings], lang: str) -> str:
    zones = list(dict.fromkeys(one.time_zone for one in settings))
    mark = labels.text("cli.list_mark", lang)
    return "\n" + labels.text("cli.schedule.zones", lang, zones=mark.join(zones)) if len(zones) > 1 else ""


def run_command(given: argparse.Namespace, shops: Sequence[Path]) -> list[str]:
    """The words of the scheduled command: this interpreter, every path absolute, everything into a log.

    Raises
    ------
    ParameterError
        What `shopnb run` would refuse at night: `out_needed`, `unknown_report`, `path_control` for a path of two lines.
    """
    if len(shops) > 1 and not given.out:
        raise ParameterError("out_needed", shops=len(shops))
    out = Path(given.out).expanduser().resolve() if given.out else shops[0] / "reports"
    log = Path(given.log).expanduser().resolve() if given.log else out / "shopnb.log"
    words = [sys.executable, "-m", "shopnb", "run", *(_report(name) for name in given.report)]
    words += ["--shop", *map(str, shops), "--out", str(out), "--log", str(log)]
    for text in given.given:
        words += ["-p", text]
    for name in _WITH_VALUE:
        if getattr(given, name) != default_of(f"--{name}"):
            words += [f"--{name}", str(getattr(given, name))]
    words += [f"--{name.replace('_', '-')}" for name in _FLAGS if getattr(given, name)]
    for word in words:
        if not word.isprintable():
            raise ParameterError("path_control", path=repr(word))
    return words


def _report(name: str) -> str:
    """A report by its name, or a notebook by its whole path."""
    if name in parameters.notebooks():
        return name
    if name.endswith(".ipynb") and Path(name).is_file():
        return str(Path(name).resolve())
    raise unknown_report(name)


def cron(command: Sequence[str], hour: int, minute: int, *, zone: str, lang: str) -> str:
    r"""Two crontab lines; a percent sign means a new line there and is escaped.

    Examples
    --------
    >>> print(cron(["shopnb", "run", "--shop", "/shops/100% cotton"], 10, 5, zone="Asia/Shanghai", lang="zh"))
    CRON_TZ=Asia/Shanghai
    5 10 * * * SHOPNB_LANG=zh shopnb run --shop '/shops/100\% cotton'
    """
    line = shlex.join(command).replace("%", "\\%")
    return f"CRON_TZ={zone}\n{minute} {hour} * * * SHOPNB_LANG={lang} {line}"


def systemd_service(command: Sequence[str], *, lang: str) -> str:
    r"""The service; in it a percent sign, a dollar sign, quotes and backslashes are doubled or escaped.

    Examples
    --------
    >>> print(systemd_service(["shopnb", "run", "--shop", "/shops/100% cotton"], lang="zh"))
    [Service]
    Type=oneshot
    Environment=SHOPNB_LANG=zh
    ExecStart="shopnb" "run" "--shop" "/shops/100%% cotton"
    """
    escapes = {"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$"}
    quoted = " ".join('"' + "".join(escapes.get(letter, letter) for letter in word) + '"' for word in command)
    return f"[Service]\nType=oneshot\nEnvironment=SHOPNB_LANG={lang}\nExecStart={quoted}"


def systemd_timer(hour: int, minute: int, *, zone: str) -> str:
    """The timer; a run that the machine slept through is made up for."""
    return (
        f"[Timer]\nOnCalendar=*-*-* {hour:02}:{minute:02}:00 {zone}\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target"
    )


def windows(command: Sequence[str], at: str) -> str:
    """Lines for PowerShell; a run that the computer slept through is made up for."""
    program, rest = (_powershell(text) for text in (command[0], subprocess.list2cmdline(command[1:])))
    return (
        f"$action = New-ScheduledTaskAction -Execute {program} -Argument {rest}\n"
        f"$trigger = New-ScheduledTaskTrigger -Daily -At '{at}'\n"
        "$settings = New-ScheduledTaskSettingsSet -StartWhenAvailable\n"
        "Register-ScheduledTask -TaskName 'shopnb' -Action $action -Trigger $trigger -Settings $settings"
    )


def _powershell(text: str) -> str:
    r"""A text that PowerShell leaves as it is.

    Examples
    --------
    >>> _powershell(r"D:\Zhang's shop")
    "'D:\\Zhang''s shop'"
    """
    return "'" + _QUOTES.sub(r"\1\1", text) + "'"
