"""The printed lines, read back as each scheduler reads them; and which day is yesterday."""

import datetime as dt
import re
import shlex
import shutil
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from shopnb.cli import main
from shopnb.cli.running import exit_code, yesterday
from shopnb.cli.schedule import cron, systemd_service, systemd_timer, windows
from shopnb.runner import Failure, Result

AWKWARD = "/店铺/100% cotton & \"Zhang's\" $HOME 'a' \\ `b`"
COMMAND = ["/opt/py thon/python", "-m", "shopnb", "run", "--shop", AWKWARD, "-p", "item=00123"]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("SHOPNB_LANG", "en")


def call(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
def test_cron_gives_its_line_to_a_shell_that_sees_the_same_words():
    zone, line = cron(COMMAND, 9, 5, zone="Asia/Shanghai", lang="zh").splitlines()
    assert zone == "CRON_TZ=Asia/Shanghai"
    assert line.startswith("5 9 * * * ")
    assert not re.search(r"(?<!\\)%", line), "an unescaped percent sign ends the command"
    for_the_shell = line.split(" ", 5)[5].replace("\\%", "%")  # what cron hands to sh
    assert shlex.split(for_the_shell) == ["SHOPNB_LANG=zh", *COMMAND]
    said = subprocess.run(["sh", "-c", for_the_shell.replace(shlex.quote(COMMAND[0]), "printf '%s\\n'")],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert said.stdout.splitlines() == COMMAND[1:]


def test_systemd_reads_the_service_as_written(tmp_path):
    service = systemd_service(COMMAND, lang="zh")
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', service.partition("ExecStart=")[2])
    read = [re.sub(r"\\(.)", r"\1", word).replace("%%", "%").replace("$$", "$") for word in quoted]
    assert read == COMMAND


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_itself_accepts_service_and_timer(tmp_path):
    real = [sys.executable, *COMMAND[1:]]
    (tmp_path / "shopnb.service").write_text(systemd_service(real, lang="zh"), "utf-8")
    (tmp_path / "shopnb.timer").write_text(systemd_timer(9, 5, zone="America/New_York"), "utf-8")
    units = [tmp_path / "shopnb.service", tmp_path / "shopnb.timer"]
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (told.returncode, [line for line in told.stderr.splitlines() if "shopnb." in line]) == (0, [])


def arguments_of(line):
    """The words of a Windows command line by Microsoft's rules for backslashes and double quotes."""
    words, word, quoted, i = [], None, False, 0
    while i < len(line):
        slashes = len(line[i:]) - len(line[i:].lstrip("\\"))
        if slashes:
            i += slashes
            ahead = line[i : i + 1] == '"'
            word = (word or "") + "\\" * (slashes // 2 if ahead else slashes)
            if ahead and slashes % 2:
                word += '"'
                i += 1
            continue
        letter = line[i]
        if letter == '"':
            quoted, word = not quoted, word or ""
        elif letter in " \t" and not quoted:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + letter
        i += 1
    return [*words, word] if word is not None else words


def test_windows_gets_every_word_through_powershell_and_its_own_quoting():
    curly = [*COMMAND, "D:\\店 铺\\Zhang\u2019s\\"]
    action = windows(curly, "09:05").splitlines()[0]
    program, line = re.fullmatch(r".* -Execute '((?:[^']|'')*)' -Argument '((?:[^']|'')*)'", action).groups()
    unquoted = [re.sub("(['\u2018\u2019])\\1", r"\1", text) for text in (program, line)]
    assert unquoted[0] == curly[0]
    assert arguments_of(unquoted[1]) == curly[1:]


@pytest.mark.parametrize(
    ("zone", "clock", "day"),
    [
        ("Asia/Shanghai", "2026-11-22T10:00", "2026-11-21"),
        ("Asia/Shanghai", "2026-11-22T00:00", "2026-11-21"),
        ("America/New_York", "2026-03-08T10:00", "2026-03-07"),  # that night the clock went forward
        ("America/New_York", "2026-03-09T00:30", "2026-03-08"),  # that day had 23 hours
        ("America/New_York", "2026-11-01T23:30", "2026-10-31"),  # and that one 25
        ("America/New_York", "2026-11-02T00:30", "2026-11-01"),
    ],
)
def test_yesterday_is_the_shops_also_across_a_clock_change(zone, clock, day):
    now = dt.datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    assert yesterday(zone, now).isoformat() == day


def test_the_command_is_absolute_logs_and_carries_its_options(tmp_path, capsys, monkeypatch):
    main(["new-shop", str(tmp_path / "my shop")])
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    code, out, _ = call(capsys, "schedule", "shop_overview", "--at", "9:05", "--require-fresh", "--xlsx",
                        "-p", "grain=week", "--timeout", "20m", "--shop", "my shop")  # fmt: skip
    line = next(line for line in out.splitlines() if line.startswith("5 9 "))
    shop = str(tmp_path / "my shop")
    assert shlex.split(line)[6:] == [
        sys.executable, "-m", "shopnb", "run", "shop_overview", "--shop", shop, "--out", f"{shop}/reports",
        "--log", f"{shop}/reports/shopnb.log", "-p", "grain=week", "--timeout", "20m", "--xlsx", "--require-fresh",
    ]  # fmt: skip
    assert code == 0
    assert "Asia/Shanghai" in out
    assert not (tmp_path / "my shop/reports").exists(), "nothing is installed, nothing is made"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["shop_overveiw"], "unknown_report"),
        (["--shop", "a", "b"], "out_needed"),
        (["--shop", "a", "--out", "two\nlines"], "path_control"),
        (["--shop", "nowhere"], "shop_not_found"),
    ],
)
def test_what_the_night_would_refuse_is_refused_when_it_is_printed(tmp_path, arguments, code, capsys, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    found, _, err = call(capsys, "schedule", *arguments)
    assert (found, err.partition(":")[0]) == (2, code)


def result(exit_code=0, due=""):
    failure = Failure("x", {"zh": {}, "en": {}}, exit_code) if exit_code else None
    return Result("shop", "r", "failed" if exit_code else "done", failure=failure, due=due)


def test_stale_data_are_in_the_exit_code_only_where_asked_and_after_worse():
    stale = result(due="2026-11-21")
    assert exit_code([result(), stale], require_fresh=False) == 0
    assert exit_code([result(), stale], require_fresh=True) == 3
    assert exit_code([result(2), stale], require_fresh=True) == 2
    assert exit_code([result(2), result(1), stale], require_fresh=True) == 1
    assert exit_code([result(2)], require_fresh=True) == 2


@pytest.mark.parametrize(("option", "value"), [("--timeout", "soon"), ("--memory", "2T"), ("--day", "30.8.2026")])
def test_a_limit_or_a_day_that_cannot_be_read_is_refused(tmp_path, option, value, capsys):
    code, _, err = call(capsys, "run", option, value, "--shop", tmp_path)
    assert (code, err.partition(":")[0]) == (2, "day_form" if option == "--day" else "quantity")
