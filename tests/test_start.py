"""The start page without a browser: every control does what the command line does, every failure is a sentence."""

import asyncio
import csv
import dataclasses
import datetime as dt
import io
import json
import os
import re
import shutil
import signal
import zipfile
from pathlib import Path

import psutil
import pytest

from shopnb import labels, open_start, parameters
from shopnb.intake import read_accounts
from shopnb.schema import TABLES, VERSION
from shopnb.shop import new_shop, open_shop, telling
from shopnb.shop.inbox import receive
from shopnb.shop.settings import FEES, read_settings
from shopnb.shop.typing_in import TypedRowError, add_row, bad_rows, take_back
from shopnb.start.batch import Batch, words
from shopnb.start.findings import as_change, newest_findings
from shopnb.start.past import past_runs, was_interrupted
from shopnb.start.typed import FORMS
from shopnb.start.work import StoppedError, Work
from shopnb.start.workbook import workbook

AB = "日期,版本,展现,点击\n2026-09-01,A,1000,50\n2026-09-01,B,1010,70\n合计,,2010,120\n"


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return new_shop(folder / "mine", name="我的店", lang="zh")


@pytest.fixture
def home(made, tmp_path, monkeypatch):
    """A working folder with a shop and a sample, as JupyterLab's kernel sees it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", "lab")
    for place in ("data/sample", "shops/mine"):
        shutil.copytree(made, tmp_path / place)
    return tmp_path


@pytest.fixture
def start(home):
    page = open_start(shop="shops/mine")
    for panel in page.panels.values():
        panel.make()
    page.panels["choosing"].open("shops/mine")
    return page


def said(panel):
    return plain(panel.said.value)


def upload(panel, name, content):
    send(panel.upload, name, content)
    panel.upload.heard(None, {"kind": "all", "large": [], "unread": []}, [])


def send(control, name, content):
    """One file in two pieces, as the browser sends it."""
    control.heard(None, {"kind": "begin", "name": name}, [])
    for piece in (content[:7], content[7:]):
        control.heard(None, {"kind": "piece"}, [memoryview(piece)])
    control.heard(None, {"kind": "end"}, [])


def test_an_upload_goes_through_the_same_import_and_says_what_it_was_taken_for(start, home):
    files = start.panels["files"]
    upload(files, "../夏款主图.csv", AB.encode("gb18030"))
    (account,) = [one for one in read_accounts(home / "shops/mine") if one.kept]
    assert (account.file, account.table, account.kept) == ("inbox/夏款主图.csv", "ab_daily", 2)
    assert dict(account.dropped) == {"subtotal": 1}
    assert said(files) == "导入了 1 个,没变的 0 个。"
    assert "夏款主图.csv 已导入 测试(按天) 3 2 1 0 2026-09-01" in plain(files.last.value)
    assert "去掉 1 行:汇总行" in plain(files.last.value)
    assert "主图/详情测试 一部分 缺 商品排行:" in plain(files.state.value)
    assert "现在能看 5 页里的半页。完整的 0 页,只有一部分的 1 页(各算半页)。" in plain(files.state.value)


def test_a_wrong_file_is_a_sentence_and_is_not_kept(start, home):
    files = start.panels["files"]
    upload(files, "photo.xls", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    assert "1 个没有导入" in said(files)
    assert "photo.xls" in plain(files.last.value)
    assert "Traceback" not in files.last.value
    assert not list((home / "shops/mine/inbox").iterdir())


def locked_zip():
    """An archive whose one file is marked as encrypted."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("报表.csv", AB)
    content = bytearray(made.getvalue())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("照片.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "照片.jpg 不是表格,"),
        ("加密.zip", locked_zip(), "加密.zip › 报表.csv 有密码。 在 Excel"),
        ("空.csv", b"", "空.csv 是空的。"),
        ("空.xlsx", b"", "空.xlsx 是空的。"),
        ("setup.exe", b"MZ\x90\x00" + bytes(500), "setup.exe 不是表格,"),
        ("没有后缀", b"\x00\x01\x02" * 50, "没有后缀"),
        ("说明.docx", b"PK\x03\x04" + bytes(40), "说明.docx 不是表格,"),
    ],
)
def test_whatever_is_uploaded_is_answered_by_what_to_do(start, home, name, content, why):
    files = start.panels["files"]
    upload(files, name, content)
    assert said(files) == "导入了 0 个,没变的 0 个,1 个没有导入,原因见下。"
    told = plain(files.last.value)
    assert why in told
    assert told.startswith("没有导入的文件 怎么办 ")
    assert "inbox" not in told
    assert str(home) not in told
    assert not re.search(r"Traceback|Error|None|nan", told)
    assert not list((home / "shops/mine/inbox").iterdir())


def test_an_upload_can_be_taken_back_and_leaves_nothing(start, home):
    files = start.panels["files"]
    upload(files, "先来的.csv", AB.encode())
    for name in ("一.csv", "二.csv"):
        send(files.upload, name, AB.replace("A", name).encode())
    files.upload.heard(None, {"kind": "all", "large": [], "unread": []}, [])
    assert files.back.layout.display == ""
    files.back.click()
    assert said(files) == "已撤回 2 个文件。"
    assert (files.back.layout.display, files.last.value) == ("none", "")
    assert [path.name for path in (home / "shops/mine/inbox").iterdir()] == ["先来的.csv"]
    assert set(open_shop(home / "shops/mine").table("ab_daily").to_pandas()["variant"]) == {"A", "B"}


def test_the_same_upload_twice_changes_nothing_and_says_so(start, home):
    files = start.panels["files"]
    upload(files, "测试.csv", AB.encode())
    upload(files, "测试.csv", AB.encode())
    assert said(files) == "没有新文件;1 个都导入过。"
    assert [path.name for path in (home / "shops/mine/inbox").iterdir()] == ["测试.csv"]


def test_files_too_large_or_not_readable_are_named_beside_those_that_came(start, home):
    files = start.panels["files"]
    files.upload.heard(None, {"kind": "all", "large": ["订单.csv"], "unread": ["八月"]}, [])
    assert said(files).startswith("订单.csv 太大,不能从这里上传。把它放进文件夹 shops/mine/inbox,")
    assert "八月 读不了:请拖文件本身" in said(files)
    assert files.upload.most == 100_000_000
    assert "单个文件最大 100 MB" in plain(files.hint.value)
    for name in ("测试.csv", "测试二.csv"):
        send(files.upload, name, AB.replace("A", name).encode())
    files.upload.heard(None, {"kind": "all", "large": ["订单.csv"], "unread": []}, [])
    assert said(files).startswith("导入了 2 个,没变的 0 个。 订单.csv 太大")
    upload(files, "测试.csv", AB.replace("A", "测试.csv").encode())
    assert said(files) == "没有新文件;1 个都导入过。"


def test_a_watched_inbox_is_imported_once_its_files_stay_as_they_are(start, home, monkeypatch):
    monkeypatch.setattr("shopnb.start.files.LOOK_SECONDS", 0.01)
    files, shop = start.panels["files"], home / "shops/mine"

    async def watch():
        files.watch.value = True
        assert said(files) == "正盯着收件箱 shops/mine/inbox:放进去的文件会自动导入。"
        (shop / "inbox/测试.csv").write_text(AB, "utf-8")
        while files.desk.work.is_busy or "导入了 1 个" not in said(files):
            await asyncio.sleep(0.01)
        files.watch.value = False
        await files._watching

    asyncio.run(asyncio.wait_for(watch(), 60))
    assert open_shop(shop).has("ab_daily")
    assert said(files) == "不再盯着收件箱。"


def test_accounts_of_earlier_versions_are_told_too(start, home):
    upload(start.panels["files"], "测试.csv", AB.encode())
    (account,) = [one for one in read_accounts(home / "shops/mine") if one.kept]
    why = [{"code": "columns_known", "known": 4, "of": 4}]
    told = telling.particulars(dataclasses.replace(account, why=why), "zh")
    assert told[0] == "认作“测试(按天)”:4 个表头认出 4 个"


def test_the_inbox_button_says_when_there_is_nothing_and_imports_what_is_there(start, home):
    files = start.panels["files"]
    files.take.click()
    assert said(files) == "收件箱 inbox 是空的。"
    (home / "shops/mine/inbox/测试.csv").write_text(AB, "utf-8")
    files.take.click()
    assert open_shop(home / "shops/mine").has("ab_daily")
    files.take.click()
    assert said(files) == "没有新文件;1 个都导入过。"


def test_received_files_keep_their_name_and_never_replace_another(home):
    folder = home / "shops/mine"
    first = receive(folder, "C:\\downloads\\报表.csv", b"a")
    assert (receive(folder, "报表.csv", b"a"), first.name) == (first, "报表.csv")
    assert receive(folder, "报表.csv", b"b").name == "报表(1).csv"
    assert receive(folder, "../../x", b"c").parent == folder / "inbox"


def test_periods_that_cannot_be_are_told_before_anything_runs(start):
    upload(start.panels["files"], "测试.csv", AB.encode())
    running = start.panels["running"]
    running.start.value, running.end.value = dt.date(2026, 9, 9), dt.date(2026, 9, 1)
    assert said(running) == "开始日 2026-09-09 在结束日 2026-09-01 之后,请对调。"
    running.start.value, running.end.value = dt.date(2020, 1, 1), dt.date(2020, 1, 31)
    assert said(running) == "这段时间没有数据;数据从 2026-09-01 到 2026-09-01。"
    running.go.click()
    assert not start.panels["past"].desk.out.exists()
    running.preset.value = "yesterday"
    assert (running.start.value, running.end.value) == (dt.date(2026, 9, 1),) * 2
    assert running.preset.options[running.preset.index][1] == "yesterday", "the browser marks the button by its place"
    assert "-p start_date=2026-09-01 -p end_date=2026-09-01" in plain(running.command.value)


def test_only_reports_whose_tables_are_there_can_be_ticked(start):
    upload(start.panels["files"], "测试.csv", AB.encode())
    running = start.panels["running"]
    assert running.chosen() == ["listing_ab"]
    assert running.checks["shop_overview"].disabled
    assert plain(running.states["shop_overview"].value) == "缺 店铺日报"
    running.checks["listing_ab"].value = False
    running.go.click()
    assert said(running) == "先勾一个报告。"


def test_another_shop_opened_takes_the_words_of_the_one_before_along(start, home):
    files, running, typed = (start.panels[name] for name in ("files", "running", "typed"))
    running.go.click()
    assert said(running).startswith("还没有一个报告能运行:先在上面放入导出文件")
    for shop in ("shops/mine", "data/sample"):
        (home / shop / "inbox").mkdir(exist_ok=True)
        (home / shop / "inbox/测试.csv").write_text(AB, "utf-8")
    files.take.click()
    running._left = ["listing_ab"]
    finished = {"report": "listing_ab", "state": "unchanged", "path": "mine/listing_ab_2026-09-01.html"}
    running._heard({"event": "finished", **finished})
    running.say("完成 1")
    typed._fields["object"].value, typed._fields["change"].value = "商品", "主图"
    typed.form.children[0].children[-1].click()
    assert "listing_ab_2026-09-01.html" in running.states["listing_ab"].value
    start.panels["choosing"].open("data/sample")
    assert plain(running.states["listing_ab"].value) == labels.text("runner.questions.listing_ab", "zh")
    assert [said(panel) for panel in (files, running, typed)] == ["", "", ""]
    assert (files.last.value, typed.undo.layout.display) == ("", "none")


def test_the_language_changed_while_reports_run_leaves_the_cancel_button(start):
    upload(start.panels["files"], "测试.csv", AB.encode())
    running = start.panels["running"]
    running._left = ["listing_ab", "shop_overview"]
    finished = {"report": "listing_ab", "state": "done", "seconds": 2.0, "path": "mine/listing_ab_2026-09-01.html"}
    running._heard({"event": "finished", **finished})
    running._running(True)
    start._desk.work.is_busy = True
    start.panels["choosing"].lang.value = "en"
    assert plain(running.states["listing_ab"].value).startswith("done 2 s")
    assert (running.cancel.layout.display, running.cancel.description, running.go.disabled) == ("", "Cancel", True)
    start.panels["choosing"].choice.value = str(Path("data/sample").resolve())
    assert start.panels["choosing"].choice.label == "我的店", "the shop that is open"


def test_a_batch_is_cancelled_from_a_kernel_that_ignores_ctrl_c_and_leaves_no_process(home):
    receive(home / "shops/mine", "测试.csv", AB.encode())
    batch, before = Batch(words("shops/mine", [], {}, "zh"), "zh"), signal.signal(signal.SIGINT, signal.SIG_IGN)
    others, started = set(psutil.Process().children(recursive=True)), []  # of tests before this one

    def heard(event):
        if event["event"] == "started":
            started.extend(set(psutil.Process().children(recursive=True)) - others)
            batch.stop()

    try:
        outcome = batch.follow(heard)
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.stopped
    assert len(started) > 1
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == []
    assert not list((home / "shops/mine/reports").glob("*/*.html")), "what was cancelled leaves no half report"
    assert was_interrupted(home / "shops/mine/reports")


def test_only_the_last_batch_of_a_folder_can_have_been_interrupted(tmp_path):
    journal, record = tmp_path / ".shopnb/journal/x.json", tmp_path / "batch.json"
    assert not was_interrupted(tmp_path)
    journal.parent.mkdir(parents=True)
    journal.write_text('{"run": "first"}')
    assert was_interrupted(tmp_path), "killed: it could write no record"
    record.write_text('{"run": {"id": "first"}}')
    assert was_interrupted(tmp_path)
    record.write_text('{"run": {"id": "another"}}')
    os.utime(journal, (1_000_000_000, 1_000_000_000))
    assert not was_interrupted(tmp_path), "another batch has ended since"


def test_a_batch_that_is_cancelled_before_it_has_begun_does_not_begin(home):
    batch = Batch(words("shops/mine", [], {}, "zh"), "zh")
    batch.stop()
    assert batch.follow(pytest.fail).stopped


def test_what_a_batch_tells_stands_beside_its_report(start):
    upload(start.panels["files"], "测试.csv", AB.encode())
    running = start.panels["running"]
    running._left = ["listing_ab", "shop_overview"]
    running._heard({"event": "started", "report": "listing_ab"})
    assert plain(running.states["listing_ab"].value) == "运行中…"
    error = {"problem": "没有这一期。", "where": "", "fix": "换一期。", "code": "x"}
    running._heard({"event": "finished", "report": "listing_ab", "state": "not_ready", "path": "", "error": error})
    assert plain(running.states["listing_ab"].value) == "还做不了: 没有这一期。 换一期。"
    assert running._left == ["shop_overview"]


def test_a_report_that_ran_opens_as_a_notebook_of_that_shop(start, home, monkeypatch):
    monkeypatch.setattr("shopnb.start.links._served", lambda path: ("/", path.relative_to(home).as_posix()))
    running = start.panels["running"]
    running._left = ["listing_ab"]
    finished = {"report": "listing_ab", "state": "unchanged", "path": "mine/listing_ab_2026-09-01.html"}
    running._heard({"event": "finished", **finished})
    name = parameters.notebooks()["listing_ab"].name
    assert f"shops/mine/{name}" in running.states["listing_ab"].value
    made = home / "shops/mine" / name
    declared = {one.name: one.default for one in parameters.read_parameters(made)}
    monkeypatch.chdir(made.parent)
    assert (declared["shop"], open_shop(declared["shop"]).name) == ("../mine", "我的店")
    made.write_text("mine", "utf-8")
    assert workbook(made.parent, "listing_ab", "zh").read_text("utf-8") == "mine"


def test_the_command_that_runs_is_the_one_that_is_shown(home):
    written = words("shops/mine", ["listing_ab"], {"end_date": "2026-09-01"}, "zh")
    assert written == ["run", "listing_ab", "--shop", "shops/mine", "--lang", "zh", "-p", "end_date=2026-09-01"]


def test_a_refused_command_says_why_in_the_language_of_the_page(home):
    heard = []
    outcome = Batch(["undo"], "zh").follow(heard.append)
    assert (outcome.code, heard) == (2, [])
    assert outcome.complaint.startswith("command_line: ")
    assert "办法" in outcome.complaint


def test_a_new_shop_is_made_and_opened(start, home):
    choosing = start.panels["choosing"]
    choosing.choice.value = "+new"
    assert choosing.new.layout.display == ""
    choosing.name.value, choosing.margin.value = "新店/一号", "42%"
    choosing.new.children[-1].click()
    settings = read_settings(home / "shops" / "一号")
    assert (settings.name, settings.margin_rate) == ("新店/一号", 0.42)
    assert choosing.desk.shop.name == "新店/一号"
    assert choosing.choice.options[choosing.choice.index][0] == "新店/一号", "the browser shows the shop by its place"
    assert open_start()._desk.named == "shops/一号", "the next day opens what was open"
    choosing.path.value = "nowhere"
    choosing.elsewhere.children[-1].click()
    assert "找不到店铺文件夹 nowhere" in plain(choosing.line.value)


def test_a_margin_that_is_none_makes_no_shop(start, home):
    choosing = start.panels["choosing"]
    for written in ("四成", "4.2"):
        choosing.name.value, choosing.margin.value = "新店", written
        choosing.new.children[-1].click()
        assert said(choosing).startswith(f"毛利率不能是“{written}”。")
    assert not (home / "shops/新店").exists()


def test_a_shop_stored_by_an_older_version_is_read_again_by_a_button(start, home, monkeypatch):
    upload(start.panels["files"], "测试.csv", AB.encode())
    choosing = start.panels["choosing"]
    monkeypatch.setattr("shopnb.intake.store.VERSION", VERSION + 1)
    choosing.open("shops/mine")
    assert plain(choosing.line.value).startswith("shops/mine 是旧版 shopnb 存的")
    assert choosing.again.layout.display == ""
    choosing.again.click()
    assert plain(choosing.line.value).startswith("我的店:1 张表")
    assert choosing.again.layout.display == "none"


def test_the_page_speaks_the_other_language_at_once(start):
    start.panels["choosing"].lang.value = "en"
    assert start.panels["running"].go.description == labels.text("start.run", "en")
    assert "no data yet" in plain(start.panels["choosing"].line.value)
    assert "in force" not in plain(start.panels["files"].state.value), "empty templates are no imports"


def test_a_change_is_noted_with_three_fields_and_can_be_taken_back(start, home):
    typed = start.panels["typed"]
    before = (home / "shops/mine/tables_in/changes.csv").read_bytes()
    typed._fields["day"].value = dt.date(2026, 9, 1)
    typed._fields["object"].value, typed._fields["change"].value = "商品", "主图"
    typed.form.children[0].children[-1].click()
    row = open_shop(home / "shops/mine").table("changes").to_pandas().iloc[0]
    assert (row["day"].date(), row["object"], row["change"]) == (dt.date(2026, 9, 1), "商品", "主图")
    assert said(typed) == "已记入「改动记录」:2026-09-01 · 商品 · 主图"
    typed.undo.click()
    assert (home / "shops/mine/tables_in/changes.csv").read_bytes() == before
    assert not open_shop(home / "shops/mine").has("changes")


def test_an_offered_word_is_stored_as_the_tables_know_it(start, home):
    start.panels["choosing"].lang.value = "en"
    typed = start.panels["typed"]
    assert "主图 · main image" in typed._fields["change"].options
    typed._fields["object"].value, typed._fields["change"].value = "商品 · item", "主图 · main image"
    typed.form.children[0].children[-1].click()
    assert open_shop(home / "shops/mine").table("changes")["change"].to_pandas().tolist() == ["主图"]
    assert "商品 · item 主图 · main image" in plain(typed.rows.value)


@pytest.mark.parametrize("table", [name for name in FORMS if name != "fees"])
def test_the_example_of_a_table_goes_through_its_form(start, home, table):
    typed, folder = start.panels["typed"], home / "shops/mine"
    with (folder / f"tables_in/templates/{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        (example, _) = csv.DictReader(file)
    typed.which.value = table
    for column in TABLES[table]:
        written = example[column.platform].removeprefix("【示例】")
        is_day = column.dtype == "date" and written
        typed._fields[column.name].value = dt.date.fromisoformat(written) if is_day else written
    typed.form.children[0].children[-1].click()
    assert said(typed).startswith(f"已记入「{labels.text(f'intake.tables.{table}', 'zh')}」")
    assert len(open_shop(folder).table(table).to_pandas()) == 1
    assert bad_rows(folder, table) == []
    assert "共 1 行" in plain(typed.rows.value)


def test_every_form_is_made_from_its_declaration_and_refuses_to_be_saved_empty(start):
    typed = start.panels["typed"]
    for table in FORMS:
        typed.which.value = table
        declared = [column.name for column in TABLES[table]] if table != "fees" else ["margin_rate", *FEES]
        assert list(typed._fields) == declared
        typed.form.children[0].children[-1].click()
        assert ("没有写入" in said(typed)) == (table != "fees")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"day": "2026-13-01", "object": "商品", "change": "主图"}, "not_a_date"),
        ({"day": "2026-09-01"}, "missing_value"),
    ],
)
def test_a_row_that_the_import_cannot_read_is_not_written(home, values, reason):
    folder = home / "shops/mine"
    before = (folder / "tables_in/changes.csv").read_bytes()
    with pytest.raises(TypedRowError) as caught:
        add_row(folder, "changes", values)
    assert caught.value.values["reason"] == reason
    assert (folder / "tables_in/changes.csv").read_bytes() == before
    assert not open_shop(folder).has("changes")


def test_rows_are_added_to_a_file_that_excel_saved_in_gbk_and_left_as_they_are(home):
    folder = home / "shops/mine"
    path = folder / "tables_in/changes.csv"
    written = "日期,对象,改了什么,自己的列\r\n2026-09-01,商品,主图,x".encode("gb18030")
    path.write_bytes(written)
    add_row(folder, "changes", {"day": "9月2日", "object": "店铺", "change": "优惠"})
    assert path.read_bytes() == written + "\r\n9月2日,店铺,优惠,\r\n".encode("gb18030")
    assert len(open_shop(folder).table("changes").to_pandas()) == 2
    with pytest.raises(Exception, match="typed_twice"):
        add_row(folder, "changes", {"day": "2026-09-02", "object": "店铺", "change": "优惠"})
    with pytest.raises(Exception, match="typed_no_column"):
        add_row(folder, "changes", {"day": "2026-09-03", "object": "店铺", "change": "优惠", "owner": "小林"})


def test_a_table_that_stands_in_another_file_is_not_replaced(home):
    folder = home / "shops/mine"
    (folder / "tables_in/记录.csv").write_text("日期,对象,改了什么\n2026-09-01,商品,主图\n", "utf-8")
    open_shop(folder)
    with pytest.raises(Exception, match="typed_elsewhere"):
        add_row(folder, "changes", {"day": "2026-09-02", "object": "店铺", "change": "优惠"})


def test_an_undo_after_somebody_edited_the_file_is_refused(home):
    folder = home / "shops/mine"
    added = add_row(folder, "items", {"item_id": "600000000001", "short_name": "大肚杯"})
    added.file.write_bytes(added.after + b"600000000002,x,,,,\r\n")
    with pytest.raises(Exception, match="typed_changed"):
        take_back(added)


def test_bad_rows_of_a_typed_file_are_listed_with_their_place(start, home):
    path = home / "shops/mine/tables_in/changes.csv"
    path.write_text("日期,对象,改了什么\n2026-09-01,商品,主图\n下周,商品,标题\n", "utf-8")
    typed = start.panels["typed"]
    typed._reopen()
    (bad,) = bad_rows(home / "shops/mine", "changes")
    assert (bad.row, bad.column, bad.value, bad.reason) == (3, "日期", "下周", "not_a_date")
    assert "有 1 行读不懂" in plain(typed.rows.value)
    assert "tables_in/changes.csv 3 日期 下周 不是日期" in plain(typed.rows.value)


def test_fee_rates_are_written_beside_the_remarks_and_wrong_ones_leave_the_file(start, home):
    typed, path = start.panels["typed"], home / "shops/mine/shopnb.toml"
    typed.which.value = "fees"
    typed._fields["margin_rate"].value, typed._fields["payment"].value = "42%", "0.006"
    typed.form.children[0].children[-1].click()
    settings, written = read_settings(home / "shops/mine"), path.read_text("utf-8")
    assert (settings.margin_rate, dict(settings.fees)) == (0.42, {"payment": 0.006})
    assert "payment = 0.006  # 支付/信用卡费率" in written
    assert "# 长期退款率;不填就从数据里算。" in written
    typed._fields["margin_rate"].value = "4.2"
    typed.form.children[0].children[-1].click()
    assert said(typed) == "毛利率不能是“4.2”。 办法:写成 0.42 或 42%,按元算的写元数;不知道就空着。"
    assert path.read_text("utf-8") == written


FINDING = {
    "code": "ad_below_break_even", "amount": -900.0, "values": {"item_id": "600000000001"}, "text": "人群推广亏",
    "action": "预算退回上期", "owner": "推广", "review_on": "2026-09-13",
}  # fmt: skip


def report(out, slug, end, run, findings):
    folder = out / "mine"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{slug}_{end}.html").write_text("<p>", "utf-8")
    record = {"verdict": "在正常波动内", "findings": findings, "run": {"id": run}}
    (folder / f"{slug}_{end}.json").write_text(json.dumps(record), "utf-8")


def test_past_runs_come_from_the_records_newest_first_and_findings_from_the_newest_of_each_report(home):
    out = home / "shops/mine/reports"
    report(out, "shop_overview", "2026-08-30", "20260831T020000Z-a", [{**FINDING, "text": "old"}])
    report(out, "shop_overview", "2026-08-31", "20260901T020000Z-b", [FINDING, {**FINDING, "action": ""}])
    (out / "mine" / "listing_ab_undated.failed.html").write_text("<p>", "utf-8")
    runs = past_runs(out, "mine")
    assert [(run.report, run.end) for run in runs][1:] == [
        ("shop_overview", "2026-08-31"),
        ("shop_overview", "2026-08-30"),
    ]
    assert runs[0].record == {}
    assert [finding["text"] for _, finding in newest_findings(runs)] == ["人群推广亏"]


def test_one_click_copies_a_finding_into_the_change_log(start, home):
    report(home / "shops/mine/reports", "shop_overview", "2026-08-31", "20260901T020000Z-b", [FINDING])
    start.panels["past"].desk.changed()
    assert "在正常波动内" in plain(start.panels["past"].table.value)
    typed = start.panels["typed"]
    typed.findings.children[1].children[0].click()
    row = open_shop(home / "shops/mine").table("changes").to_pandas().iloc[0]
    assert (row["object"], row["change"], row["after"]) == ("推广", "推广预算", "预算退回上期")
    assert (row["item_id"], row["owner"], row["note"]) == ("600000000001", "推广", "人群推广亏")
    assert row["review_on"].date() == dt.date(2026, 9, 13)
    assert typed.findings.children[1].children[0].disabled, "it is noted once"


def test_an_action_that_no_kind_of_change_names_stands_in_its_own_words(home):
    out = home / "shops/mine/reports"
    report(out, "review_analysis", "2026-08-31", "20260901T020000Z-b", [{**FINDING, "code": "leak", "values": {}}])
    ((run, finding),) = newest_findings(past_runs(out, "mine"))
    row = as_change(run, finding, dt.date(2026, 9, 1))
    assert (row["object"], row["change"], row["after"], row["item_id"]) == ("商品", "预算退回上期", "", "")


def test_one_piece_of_work_at_a_time_and_a_stop_ends_it():
    work, seen = Work(), []

    def task():
        work.stop()
        work.check()

    work.begin(task, ended=seen.append, failed=seen.append)
    assert isinstance(seen[0], StoppedError)
    assert not work.is_busy


def test_a_second_task_waits_for_the_first(start):
    files = start.panels["files"]
    files.desk.work.is_busy = True
    files.beside(lambda: 1, print)
    assert said(files) == "上一件事还没做完,等它做完或先取消。"


def test_headless_the_page_shows_its_twin_and_no_machine_path(home, monkeypatch, capsys):
    monkeypatch.delenv("JPY_SESSION_NAME")
    shown = []
    monkeypatch.setattr("shopnb.start.parts.display", lambda data, raw: shown.append(data))
    page = open_start(shop="shops/mine")
    for call in (page.shop, page.files, page.reports, page.runs, page.tables):
        call()
    assert len(shown) == 5
    assert all(set(data) == {"text/html", "text/plain"} for data in shown)
    assert not [data for data in shown if str(home) in data["text/html"]]
    assert "我的店:还没有数据" in shown[0]["text/html"]
