"""The command line: exit codes, what it prints for people and for machines, and that nothing is left half done."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from shopnb.cli import main, terminal
from shopnb.cli.parser import COMMANDS

NOTEBOOKS = Path(__file__).parent / "notebooks"
AB = "日期,版本,展现,点击\n2026-09-01,A,1000,50\n2026-09-01,B,1010,70\n合计,,2010,120\n"


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("SHOPNB_LANG", "en")


@pytest.fixture
def shop(tmp_path, capsys):
    assert main(["new-shop", str(tmp_path / "shop")]) == 0
    capsys.readouterr()
    return tmp_path / "shop"


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "测试.csv"
    path.write_text(AB, "utf-8")
    return path


def call(capsys, *arguments):
    """Exit code, and what went to the two streams."""
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.parametrize("arguments", [["run", "--jobs", "two"], ["undo"], ["nonsense"], ["run", "--lang", "fr"]])
def test_a_command_line_that_cannot_be_read_is_the_operators_mistake(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("command_line: ")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_help_in_the_language_of_the_system(command, lang, capsys, monkeypatch):
    monkeypatch.setenv("SHOPNB_LANG", lang)
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in capsys.readouterr().out)
    assert chinese == (lang == "zh")


def test_without_a_command_it_shows_its_help(capsys):
    code, out, _ = call(capsys)
    assert code == 0
    assert all(command in out for command in COMMANDS)


def test_import_tells_what_became_of_every_row(shop, export, capsys):
    code, out, _ = call(capsys, "import", export, "--shop", shop)
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("测试.csv"))
    assert row.split()[-5:] == ["3", "2", "1", "0", "2026-09-01"]
    assert "dropped 1: subtotal row" in out


def test_import_needs_a_file_unless_it_reads_again_what_it_knows(shop, capsys):
    code, _, err = call(capsys, "import", "--shop", shop)
    assert (code, err.split(":")[0]) == (2, "nothing_to_import")
    code, _, _ = call(capsys, "import", "--rebuild", "--shop", shop)
    assert code == 0


def test_files_of_which_the_same_is_told_are_told_together(tmp_path, shop, capsys, monkeypatch):
    monkeypatch.setenv("SHOPNB_LANG", "en")
    for number in range(1, 6):
        text = f"统计日期,访客数,没见过的列\n2026-09-0{number},{number},x\n"
        tmp_path.joinpath(f"{number}.csv").write_text(text, "utf-8")
    code, out, _ = call(capsys, "import", *(tmp_path / f"{number}.csv" for number in range(1, 6)), "--shop", shop)
    assert code == 0
    assert out.count("没见过的列") == 1
    assert "… and 2 more files" in out
    assert "2 of 3 headers known (统计日期, 访客数)" in out


def test_import_for_machines_counts_the_same(shop, export, capsys):
    code, out, err = call(capsys, "import", export, "--shop", shop, "--json")
    (entry,) = json.loads(out)["files"]
    assert (code, err) == (0, "")
    assert (entry["state"], entry["read"], entry["kept"], entry["dropped"]) == ("imported", 3, 2, {"subtotal": 1})
    code, out, _ = call(capsys, "import", export, "--shop", shop, "--json")
    assert (code, json.loads(out)["files"][0]["state"]) == (0, "unchanged")


def test_a_refused_file_is_exit_2_and_the_good_one_stays(shop, export, tmp_path, capsys):
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"not a workbook")
    code, _, err = call(capsys, "import", broken, export, "--shop", shop)
    assert code == 2
    assert "broken.xlsx" in err
    assert "Fix: " in err
    code, out, _ = call(capsys, "status", "--shop", shop, "--json")
    assert "ab_daily" in [table["table"] for table in json.loads(out)["tables"]]


def test_undo_takes_one_import_back(shop, export, capsys):
    call(capsys, "import", export, "--shop", shop)
    code, out, _ = call(capsys, "undo", "测试.csv", "--shop", shop)
    assert (code, "测试.csv" in out) == (0, True)
    code, _, err = call(capsys, "undo", "测试.csv", "--shop", shop)
    assert code == 2
    assert err.startswith("no_such_import: ")


def test_status_says_what_a_report_lacks_and_where_it_is_downloaded(shop, capsys):
    code, out, _ = call(capsys, "status", "--shop", shop)
    line = next(line for line in out.splitlines() if line.startswith("shop_overview"))
    assert code == 0
    assert "not yet" in line
    assert "Shop daily report: " in line
    assert "生意参谋" in line


def test_status_names_days_that_are_missing_and_the_next_file(shop, tmp_path, capsys):
    daily = tmp_path / "日报.csv"
    daily.write_text("统计日期,访客数\n2026-09-01,5\n2026-09-02,5\n2026-09-05,5\n", "utf-8")
    call(capsys, "import", daily, "--shop", shop)
    code, out, _ = call(capsys, "status", "--shop", shop, "--json")
    told = json.loads(out)
    table = next(one for one in told["tables"] if one["table"] == "shop_daily")
    assert (code, table["gaps"]) == (0, [["2026-09-03", "2026-09-04"]])
    assert told["next"]["halves"] == 1
    assert told["next"]["opens"]
    code, out, _ = call(capsys, "status", "--shop", shop)
    assert "2026-09-03 to 2026-09-04" in out
    assert "Half of one of 5 pages can be seen. 0 whole, 1 in part (counted as half each). Download this" in out
    seen = {one["report"]: one["seen"] for one in told["reports"]}
    assert (seen["shop_overview"], [*seen.values()].count("none")) == ("part", 4)
    (overview,) = [one for one in told["reports"] if one["report"] == "shop_overview"]
    assert "item_period" in overview["lacks"]
    assert "in part" in next(line for line in out.splitlines() if line.startswith("shop_overview"))


def test_list_tells_question_needs_and_parameters_of_every_report(capsys):
    code, out, _ = call(capsys, "list", "--json")
    reports = {one["report"]: one for one in json.loads(out)["reports"]}
    assert code == 0
    assert reports["shop_overview"]["needs"][0] == "shop_daily"
    assert "end_date" in [one["name"] for one in reports["shop_overview"]["parameters"]]
    code, out, _ = call(capsys, "list")
    assert (code, reports["shop_overview"]["question"] in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["shop_overveiw"], "unknown_report"),
        (["shop_overview"], "missing_table"),
        ([], "nothing_to_run"),
        (["shop_overview", "-p", "end_dat=2026-08-30"], "unknown_parameter"),
        (["shop_overview", "-p", "margin_rate=much"], "parameter_text"),
        (["shop_overview", "-p", "lang=zh", "--lang", "en"], "lang_twice"),
        (["shop_overview", "--jobs", "-1"], "jobs_count"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_runs(shop, tmp_path, arguments, code, capsys):
    found, _, err = call(capsys, "run", *arguments, "--shop", shop, "--out", tmp_path / "out")
    assert found == 2
    assert err.startswith(f"{code}: ")
    assert "Fix: " in err
    assert not (tmp_path / "out").exists()


def test_a_shop_folder_that_is_not_there_names_where_it_was_looked_for(tmp_path, capsys):
    code, _, err = call(capsys, "run", "--shop", tmp_path / "none")
    assert code == 2
    assert err.startswith("shop_not_found: ")
    assert str(tmp_path / "none") in err


def test_two_shops_need_a_folder_for_their_reports(shop, tmp_path, capsys):
    call(capsys, "new-shop", tmp_path / "other")
    code, _, err = call(capsys, "run", "--shop", shop, tmp_path / "other")
    assert (code, err.startswith("out_needed: ")) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reports", "code"),
    [
        (["dated_page"], 0),
        (["dated_page", "operator_error"], 2),
        (["our_error", "operator_error"], 1),
    ],
)
def test_the_exit_code_tells_whose_fault_it_was(shop, tmp_path, reports, code, capsys):
    paths = [NOTEBOOKS / f"{report}.ipynb" for report in reports]
    found, out, err = call(capsys, "run", *paths, "--shop", shop, "--out", tmp_path / "out", "--jobs", 1, "--json")
    rows = [row for row in map(json.loads, out.splitlines()) if row["event"] != "started"]
    assert found == code
    assert [row["report"] for row in rows[:-1]] == reports
    assert rows[-1]["total"] == len(reports)
    assert (tmp_path / "out/index.html").is_file()


@pytest.mark.slow
def test_a_failed_report_is_told_with_problem_and_fix(shop, tmp_path, capsys):
    _, out, err = call(capsys, "run", NOTEBOOKS / "operator_error.ipynb", "--shop", shop, "--out", tmp_path / "out")
    assert "FAILED" in out
    assert "missing_columns: <b>日报</b>.xlsx lacks the columns 统计日期." in err
    assert "Fix: " in err


@pytest.mark.parametrize("at", ["25:00", "10", "ten"])
def test_a_time_that_is_none_is_refused(at, capsys):
    code, _, err = call(capsys, "schedule", "--at", at)
    assert (code, err.startswith("time_of_day: ")) == (2, True)


def test_doctor_finds_what_reports_need(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = call(capsys, "doctor", "--json")
    found = json.loads(out)
    assert (code, found["charts"], found["write"]) == (0, "works", "works")
    assert (found["renderer"], found["exporter"]) == ("shopnb", "works")


def test_doctor_names_a_fix_for_each_thing_that_does_not_work(capsys, tmp_path, monkeypatch):
    import altair

    from shopnb.cli import doctor

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "_browser", lambda: "")
    monkeypatch.setattr(doctor, "_PACKAGES", ("no-such-package",))
    monkeypatch.setattr(doctor, "_write_trouble", lambda: "read-only")
    with altair.renderers.enable("html"):
        code, out, _ = call(capsys, "doctor", "--json")
    fixes = json.loads(out)["fixes"]
    assert code == 1
    assert len(fixes) >= 4
    assert any("renderers.enable('shopnb')" in fix for fix in fixes.values())
    assert any("--pdf" in fix for fix in fixes.values())


def test_a_console_of_another_code_page_gets_utf8():
    script = "import sys; from shopnb.cli import terminal; terminal.speak_utf8(); terminal.say('店铺 ✓')"
    told = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONIOENCODING": "cp936", "PATH": ""}, capture_output=True, check=True
    )
    assert told.stdout.decode("utf-8").strip() == "店铺 ✓"


def test_progress_in_a_log_is_dated_lines(capsys):
    progress = terminal.Progress("en")
    progress.step(1, 3, "orders.csv")
    (line,) = capsys.readouterr().err.splitlines()
    stamp, rest = line.split(" ", 1)
    assert rest == "[1/3] orders.csv"
    assert len(stamp) == len("2026-08-30T10:00:00+00:00")


def test_the_command_starts_without_the_slow_libraries():
    slow = ("pandas", "altair", "ibis", "papermill", "nbconvert")
    script = f"import sys, shopnb.cli as c; c.build_parser('en'); print([m for m in {slow} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.fixture
def shops(tmp_path):
    made = [tmp_path / "shops" / name for name in ("good", "broken")]
    for one in made:
        (one / "tables").mkdir(parents=True)
    (made[1] / "shopnb.toml").write_text('name = "unfinished', "utf-8")
    return made


@pytest.mark.slow
def test_a_shop_that_cannot_be_opened_is_one_failed_row_and_the_others_run(shops, tmp_path, capsys):
    wanted = [NOTEBOOKS / "dated_page.ipynb", "--shop", *shops, tmp_path / "nowhere", "--out", tmp_path / "out"]
    code, out, _ = call(capsys, "run", *wanted, "--json")
    events = [json.loads(line) for line in out.splitlines()]
    ended = {event["shop"]: event for event in events if event["event"] == "finished"}
    assert code == 2
    assert {shop: (one["state"], one["report"]) for shop, one in ended.items()} == {
        "good": ("done", "dated_page"),
        "broken": ("failed", ""),
        "nowhere": ("failed", ""),
    }
    assert (ended["broken"]["error"]["code"], ended["nowhere"]["error"]["code"]) == (
        "settings_unreadable",
        "shop_not_found",
    )
    started = events.index({"event": "started", "shop": "good", "report": "dated_page"})
    assert started < events.index(ended["good"])
    last = events[-1]
    assert (last["event"], last["done"], last["failed"], last["total"]) == ("ended", 1, 2, 3)
    index = (tmp_path / "out/index.html").read_text("utf-8")
    assert "broken" in index
    assert "nowhere" in index


@pytest.mark.slow
def test_a_log_has_a_line_an_event_with_its_time_and_says_what_is_unchanged(shops, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shopnb.cli.running.program_digest", lambda: "this")  # somebody may edit it meanwhile
    wanted = [NOTEBOOKS / "dated_page.ipynb", "--shop", shops[0], "--out", tmp_path / "out"]
    log = tmp_path / "logs/night.log"
    for _ in range(2):
        code, out, err = call(capsys, "run", *wanted, "--log", log)
        assert (code, out, err) == (0, "", "")
    stamped = [line.split(" ", 2) for line in log.read_text("utf-8").splitlines()]
    assert all(len(stamp) == len("2026-08-30T10:00:00+00:00") for stamp, _, _ in stamped)
    assert [(done, said.split()[0]) for _, done, said in stamped] == [
        ("[0/1]", "1"), ("[1/1]", "done"), ("[1/1]", "1"), ("[1/1]", "Open"),
        ("[0/1]", "1"), ("[1/1]", "unchanged"), ("[1/1]", "1"), ("[1/1]", "Open"),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_a_table_shows_what_runs(shops, tmp_path):
    import os
    import pty

    ours, theirs = pty.openpty()
    wanted = [NOTEBOOKS / "counts_runs.ipynb", "-p", "pause=1", "--shop", shops[0], "--out", tmp_path / "out"]
    batch = subprocess.Popen(
        [sys.executable, "-m", "shopnb", "run", *map(str, wanted)], stdout=theirs, stderr=theirs,
        env={**os.environ, "SHOPNB_LANG": "en", "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # what Linux says at the end of a pseudo-terminal
        pass
    os.close(ours)
    assert batch.wait() == 0
    text = shown.decode("utf-8")
    assert "1 running  0 waiting  0 done" in text
    assert "good · counts_runs" in text
    assert "done        good · counts_runs" in text


def test_data_of_the_sample_are_stale_only_for_those_who_ask(sample_shop):
    from shopnb import readiness
    from shopnb.cli import running
    from shopnb.shop import open_shop

    shop = open_shop(sample_shop)
    plain, strict = (running._known({shop.folder: shop}, expects_fresh=strict).due for strict in (False, True))
    assert plain(shop.folder, "shop_overview", None) == ""
    assert strict(shop.folder, "shop_overview", None) > "2026-09-01"
    day = dt.date(2026, 9, 30)
    assert plain(shop.folder, "shop_overview", day) == "2026-09-30"
    assert readiness.due("traffic_sources", day) == "2026-09-23"
    assert readiness.due("market_sizing", day) == readiness.due("of_my_own", day) == ""
