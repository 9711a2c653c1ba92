"""The traffic page on small exports in the platform's form: pairs, refusals, fallbacks, both languages."""

import datetime as dt
import json
import math
import tomllib
from functools import cache
from pathlib import Path

import pytest
from traffic_files import BEFORE, NOW, RULE, WEEK, WEEK_BEFORE, write_ads, write_days, write_sources

from shopnb import labels, open_page, sources
from shopnb.errors import MissingDataError, ParameterError
from shopnb.pages import PAGES
from shopnb.view import ChartPart, TablePart, TextPart

DAYS = [(dt.date(2026, 6, 29) + dt.timedelta(days=turn)).isoformat() for turn in range(21)]
MONTH = ("2026-06-20", "2026-07-19")


def make_shop(folder: Path, *, margin=True) -> Path:
    (folder / "inbox").mkdir(parents=True)
    (folder / "shopnb.toml").write_text(
        'name = "试店"\n' + ("margin_rate = 0.42\n" if margin else ""), encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Three weeks, a month over them, ads and daily reports."""
    folder = make_shop(tmp_path_factory.mktemp("traffic") / "shop")
    inbox = folder / "inbox"
    write_sources(inbox, WEEK, NOW)
    write_sources(inbox, WEEK_BEFORE, BEFORE)
    write_sources(inbox, ("2026-06-29", "2026-07-05"), {name: (v + 20, p) for name, (v, p) in BEFORE.items()})
    write_sources(inbox, MONTH, {name: (v * 4, p * 4) for name, (v, p) in NOW.items()})
    write_ads(inbox, DAYS, {"关键词推广": (798, 2300), "人群推广": (1091, 990), "智能场景": (428, 620)})
    write_days(inbox, DAYS)
    return folder


@cache
def reopened(folder, given):
    return open_page("traffic_sources", shop=str(folder), **{name: list_of(value) for name, value in given})


def list_of(value):
    """Lists as given; tuples stand for them where they have to be hashed."""
    return list(value) if isinstance(value, tuple) else value


def opened(folder, **given):
    """A page of a shop that no test changes: the same one for the same parameters."""
    fixed = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return reopened(folder, tuple(sorted(fixed.items())))


def texts(page):
    """Every sentence and cell of a page."""
    shown = page.view
    found = [shown.screen.title, shown.screen.period, shown.screen.verdict, *shown.screen.notes, shown.screen.quiet]
    for card in shown.screen.cards:
        found += [card.label, card.value, card.suffix, *card.lines]
    for one in (*shown.screen.findings, *shown.screen.to_confirm):
        found += [one.headline, one.money, one.action, one.owner, one.review_on, one.confidence, one.mind]
    for section in shown.sections:
        found += [section.question, section.how_to_read]
        for part in section.parts:
            if isinstance(part, TextPart):
                found.append(part.text)
            elif isinstance(part, ChartPart):
                found += [part.title, part.alt]
            else:
                found += [column.heading for column in part.columns]
    return [*found, *(note.text for note in shown.health), *(text for pair in shown.methods for text in pair)]


def table(page, section, id):
    parts = page.view.sections[page.section_keys.index(section)].parts
    return next(part for part in parts if isinstance(part, TablePart) and part.id == id)


# The pair and its numbers


def test_the_week_is_compared_with_the_week_before(shop):
    page = opened(shop)
    now, before = page.period()
    assert (now.start.isoformat(), now.end.isoformat()) == WEEK
    assert (before.start.isoformat(), before.end.isoformat()) == WEEK_BEFORE
    figures = page.record()["figures"]
    assert figures["source_visitors"]["value"] == 45_720  # subtotal rows and the month over it are not in it
    assert figures["payment_conversion"]["value"] == pytest.approx(1719 / 45_720)
    assert figures["paid_share"]["value"] == pytest.approx((6940 + 5820 + 1350 + 1020) / 45_720)
    assert figures["free_search_share"]["value"] == pytest.approx(12_120 / (5271 * 7))
    assert figures["distinct_visitors"] == {
        "value": None, "low": None, "high": None, "unit": "count", "n": None, "code": "no_distinct_visitors"
    }  # fmt: skip
    before_rate = sum(p for _, p in BEFORE.values()) / sum(v for v, _ in BEFORE.values())
    assert figures["change"]["value"] == pytest.approx(1719 / 45_720 - before_rate, abs=1e-12)
    parts = figures["mix_effect"]["value"] + figures["rate_effect"]["value"]
    assert parts == pytest.approx(figures["change"]["value"], abs=1e-12)
    assert figures["rate_effect"]["low"] < figures["rate_effect"]["value"] < figures["rate_effect"]["high"]
    assert figures["break_even"]["value"] == pytest.approx(1 / (0.42 * (1 - 1445 / 17_000)))
    cost = (798 + 1091 + 428) * 7
    assert figures["ad_cost"]["value"] == cost
    assert figures["return_on_spend"]["value"] == pytest.approx((2300 + 990 + 620) * 7 / cost)
    kept = 0.42 * (1 - 1445 / 17_000)
    assert figures["margin_per_visitor"]["value"] == pytest.approx((1719 * 68 * kept - cost) / 45_720)


def test_the_first_screen_says_what_stands_out(shop):
    page = opened(shop)
    codes = [finding.code for finding in page.found]
    assert codes == ["source_loses", "free_source_grew", "source_loses", "mix_lowers_conversion"]
    assert {finding.values["source"] for finding in page.found[:3]} == {"精准人群推广", "手淘推荐", "智能场景"}
    assert 4 <= len(page.view.screen.cards) <= 6
    assert len(page.view.screen.verdict) <= 60
    assert all(not math.isnan(one.amount) and one.basis == "margin" and one.review_on for one in page.found[:3])


def test_cart_and_my_taobao_are_never_to_be_grown(shop):
    frame = table(opened(shop), "matrix", "matrix").frame
    said = dict(zip(frame["source"], frame["verdict"], strict=True))
    assert said["购物车"] == said["我的淘宝"] == labels.text("traffic_sources.matrix.verdict.keep", "zh")
    assert said["手淘搜索"] == labels.text("traffic_sources.matrix.verdict.more", "zh")


def test_a_given_period_must_be_there(shop):
    page = opened(shop, start_date=MONTH[0], end_date=MONTH[1])
    assert page.period()[1] is None
    assert page.numbers.choice.reason == "no_partner"
    with pytest.raises(MissingDataError) as raised:
        _ = opened(shop, end_date="2026-07-18").numbers
    assert raised.value.code == "no_traffic_end"
    assert all(
        labels.has(f"errors.no_traffic_end.{part}", lang) for part in ("problem", "fix") for lang in ("zh", "en")
    )


def test_sources_choose_rows_and_leave_totals_alone(shop):
    page = opened(shop, sources=["付费", "手淘搜索"])
    assert set(table(page, "matrix", "matrix").frame["source"]) == {
        "关键词推广", "精准人群推广", "智能场景", "淘宝客", "手淘搜索"
    }  # fmt: skip
    assert page.record()["figures"] == opened(shop).record()["figures"]
    with pytest.raises(ParameterError, match="parameter_choice"):
        _ = opened(shop, sources=["手淘搜素"]).numbers


@pytest.mark.parametrize("given", [{"rule": "首次"}, {"margin_rate": 1.2}])
def test_wrong_parameters_are_refused(shop, given):
    with pytest.raises(ParameterError):
        _ = opened(shop, **given).numbers


def test_both_languages_say_the_same_and_leave_nothing_unsaid(shop):
    zh, en = opened(shop), opened(shop, lang="en")
    assert [s.key for s in zh.view.sections] == [s.key for s in en.view.sections]
    for one, other in zip(zh.view.sections, en.view.sections, strict=True):
        assert [type(part) for part in one.parts] == [type(part) for part in other.parts]
    assert zh.record()["figures"] == en.record()["figures"]
    for page in (zh, en):
        for text in texts(page):
            assert not any(word in text for word in ("nan", "None", "{", "}")), text
    json.dumps(en.record())


def test_the_notebook_hands_over_the_parameters_it_declares():
    notebook = json.loads((Path(__file__).parents[1] / "notebooks" / "02_traffic_sources.ipynb").read_text("utf-8"))
    source = "".join("".join(cell["source"]) for cell in notebook["cells"])
    for key in PAGES["traffic_sources"].section_keys:
        assert f'page.section("{key}")' in source


# The sample: what TRUTH.md plants is found, and its traps are not


@pytest.fixture(scope="module")
def sample():
    return open_page("traffic_sources", shop="data/sample")


def test_the_planted_truths_are_found(sample):
    codes = [finding.code for finding in sample.found]
    losing = {finding.values["source"] for finding in sample.found if finding.code == "source_loses"}
    assert losing == {"精准人群推广", "智能场景"}  # truths 3 and 8
    assert "mix_lowers_conversion" in codes  # truth 2
    grew = [finding.values["source"] for finding in sample.found if finding.code == "free_source_grew"]
    assert grew == ["手淘推荐"]
    by_item = next(finding for finding in sample.found if finding.code == "rate_fell_by_item")
    assert "316大容量" in by_item.values["item"]  # truth 1
    assert set(codes) == {"source_loses", "mix_lowers_conversion", "free_source_grew", "rate_fell_by_item"}
    figures = sample.record()["figures"]
    assert figures["change"]["value"] == pytest.approx(-0.0065, abs=0.0001)
    assert figures["mix_effect"]["value"] == pytest.approx(-0.0038, abs=0.0001)
    assert figures["rate_effect"]["value"] == pytest.approx(-0.0027, abs=0.0001)


def test_the_traps_are_not(sample):
    assert not sample.numbers.sources["real"].any()  # no source's own rate moved
    assert "智能场景" in set(sample.numbers.wide["name"])
    assert "万相台" not in set(sample.numbers.wide["name"])  # a renamed source is no new one
    assert {note.code for note in sample.health_notes()} >= {"renamed", "festive", "window_open"}
    assert sample.numbers.choice.now.rule == sample.numbers.choice.before.rule == RULE
    old = open_page("traffic_sources", shop="data/sample", end_date="2026-08-16")
    assert {finding.code for finding in old.found} == {"source_loses"}
    refused = open_page("traffic_sources", shop="data/sample", end_date="2026-08-23")
    assert refused.numbers.choice.reason == "other_rule"


# Refusals and fallbacks


def test_two_rules_are_refused_in_words(tmp_path):
    folder = make_shop(tmp_path / "shop")
    write_sources(folder / "inbox", WEEK, NOW)
    write_sources(folder / "inbox", WEEK_BEFORE, BEFORE, rule="末次来源")
    page = opened(folder)
    assert page.period()[1] is None
    assert page.view.screen.verdict.startswith("两期口径不同,不能比")
    assert any("末次来源" in note.text and RULE in note.text for note in page.health_notes())
    assert page.record()["figures"]["mix_effect"]["code"] == "other_rule"
    other = opened(folder, rule="末次来源")
    assert other.period()[0].end.isoformat() == WEEK_BEFORE[1]


def test_one_file_alone_names_the_file_to_download(tmp_path):
    folder = make_shop(tmp_path / "shop", margin=False)
    write_sources(folder / "inbox", WEEK, NOW)
    page = opened(folder)
    notes = " ".join(note.text for note in page.health_notes())
    assert "7月6日" in notes
    assert "7月12日" in notes
    assert RULE in notes
    assert not page.found
    assert all(section.parts for section in page.view.sections)


def test_every_question_gets_an_answer_or_a_reason(shop):
    sections = opened(shop).view.sections
    assert [section.key for section in sections] == [
        "who_came", "mix_rate", "matrix", "free_search", "words", "lift", "landing", "what_if",
    ]  # fmt: skip
    assert all(section.parts for section in sections)


def test_only_visitors(tmp_path):
    folder = make_shop(tmp_path / "shop")
    for days, named in ((WEEK, NOW), (WEEK_BEFORE, BEFORE)):
        lines = ["一级来源,二级来源,访客数", *(f"平台流量,{name},{visitors}" for name, (visitors, _) in named.items())]
        path = folder / "inbox" / f"无线店铺流量来源-{days[0]}_{days[1]}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    page = opened(folder)
    assert page.record()["figures"]["payment_conversion"]["code"] == "missing_column"
    assert "45,720" in page.view.screen.verdict
    assert page.view.screen.verdict.endswith("看不了转化。")
    assert not page.found


def test_the_real_practice_file(shared_data, tmp_path):
    folder = make_shop(tmp_path / "shop", margin=False)
    (folder / "inbox" / "流量练习数据.csv").write_bytes((shared_data / "exports" / "流量练习数据.csv").read_bytes())
    page = opened(folder)
    assert page.period() == (None, None)
    assert page.record()["period"] == {"start": None, "end": None, "compare": None}
    assert not page.found
    rows = page.numbers.sources.set_index("source")
    pooled = rows.loc["pooled"]
    assert (pooled["members"], pooled["visitors"], pooled["verdict"]) == (3, 51.0, "too_few")  # 3, 17 and 31 visitors
    assert rows.drop("pooled")["visitors"].min() == 216
    assert page.numbers.is_derived
    rate = page.record()["figures"]["payment_conversion"]
    assert rate["low"] < rate["value"] < rate["high"]
    assert "derived" in {note.code for note in page.health_notes()}


def test_the_packaged_list_is_whole():
    listed = tomllib.loads(Path(sources.__file__).with_name("sources.toml").read_text("utf-8"))
    names = [entry["name"] for entry in listed["source"]]
    assert len(set(names)) == len(names)
    assert {entry["group"] for entry in (*listed["source"], *listed["word"])} <= set(sources.GROUPS)
    for lang in labels.LANGUAGES:
        assert set(labels.keys("traffic_sources.group", lang)) == set(sources.GROUPS)


def test_the_what_if_takes_named_sources_and_refuses_others(shop):
    page = opened(shop)
    found = page.numbers.move
    assert found is not None
    assert found.buyers.low < found.buyers.estimate < found.buyers.high
    turned = opened(shop, from_source=found.taker, to_source=found.giver, moved_visitors=500).numbers.move
    assert (turned.giver, turned.taker, turned.visitors) == (found.taker, found.giver, 500)
    refused = {"parameter_choice": {"from_source": "没有的来源"}, "parameter_positive": {"moved_visitors": 0}}
    for code, given in refused.items():
        with pytest.raises(ParameterError, match=code):
            opened(shop, **given).record()


def test_every_level_of_the_tree_splits_one_change(shop):
    n = opened(shop).numbers
    assert n.levels
    for one in n.levels:
        assert one.split.change.estimate == pytest.approx(n.levels[0].split.change.estimate, abs=1e-12)
        parts = one.split.mix.estimate + one.split.rate.estimate
        assert parts == pytest.approx(one.split.change.estimate, abs=1e-12)


def test_what_the_shops_own_days_cannot_tell_is_said(shop):
    page = opened(shop)
    assert page.numbers.lift.code == "too_few_days"
    assert page.numbers.words is None
    for key in ("words", "lift"):
        (part,) = page.build_section(key).parts
        assert part.muted
