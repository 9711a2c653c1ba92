"""Sentences: both languages say the same things, every code has one, numbers are written as people read them."""

import ast
import datetime as dt
import re
import string
import tomllib
from pathlib import Path

import pytest

from shopnb import labels, schema

PACKAGE = Path(labels.__file__).parents[1]
ERRORS = {"InputError", "ParameterError", "MissingDataError", "RunError"}


def flat(lang):
    found = {}

    def walk(prefix, node):
        for key, value in node.items():
            name = f"{prefix}.{key}" if prefix else key
            walk(name, value) if isinstance(value, dict) else found.__setitem__(name, value)

    for file in sorted((PACKAGE / "labels" / lang).glob("*.toml")):
        walk(file.stem, tomllib.loads(file.read_text(encoding="utf-8")))
    return found


def places(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def raised_codes():
    codes = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "") or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in ERRORS and node.args and isinstance(node.args[0], ast.Constant):
                codes.setdefault(node.args[0].value, set()).update(
                    keyword.arg for keyword in node.keywords if keyword.arg
                )
    return codes


def finding_codes():
    codes = set()
    for file in (PACKAGE / "findings").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                for keyword in node.keywords:
                    if keyword.arg == "code":
                        branches = [part for part in ast.walk(keyword.value) if isinstance(part, ast.IfExp)]
                        values = [side for part in branches for side in (part.body, part.orelse)] or [keyword.value]
                        codes |= {value.value for value in values if isinstance(value, ast.Constant)}
    return codes


def test_both_languages_have_the_same_sentences():
    zh, en = flat("zh"), flat("en")
    assert set(zh) == set(en)
    assert len(zh) > 100


def test_both_languages_fill_the_same_places():
    zh, en = flat("zh"), flat("en")
    assert {key for key in zh if places(zh[key]) != places(en[key])} == set()


def test_english_sentences_hold_no_chinese_outside_names_of_exports():
    named = set("生意参谋取数品类商品排行全部店铺日报成功退款金额访客数")
    chinese = {
        key: text
        for key, text in flat("en").items()
        if key.split(".")[0] in {"shop_overview", "findings", "common", "screen"}
        and any("一" <= sign <= "鿿" and sign not in named for sign in text)
    }
    assert chinese == {}


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_error_code_has_problem_and_fix(lang):
    lacking = {
        code
        for code in raised_codes()
        if not (labels.has(f"errors.{code}.problem", lang) and labels.has(f"errors.{code}.fix", lang))
    }
    assert lacking == set()


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_finding_has_headline_action_and_watch(lang):
    codes = finding_codes()
    assert "item_conversion_fell" in codes
    lacking = {
        f"{code}.{part}"
        for code in codes
        for part in ("headline", "action", "watch")
        if not labels.has(f"findings.{code}.{part}", lang)
    }
    assert lacking == set()


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_table_has_a_name(lang):
    assert {name for name in schema.TABLES if not labels.has(f"tables.{name}", lang)} == set()


@pytest.mark.parametrize(
    ("value", "kind", "zh", "en"),
    [
        (116_400, "money", "¥11.6万", "¥116.4k"),
        (102_000_000, "money", "¥1.02亿", "¥102M"),
        (-6_800, "signed_money", "−¥6,800", "−¥6.8k"),
        (8_600, "signed_money", "+¥8,600", "+¥8.6k"),
        (9_999.6, "money", "¥1万", "¥10k"),
        (43_820, "int", "43,820", "43,820"),
        (0.039, "pct", "3.9%", "3.9%"),
        (-0.0058, "pp", "−0.58个百分点", "−0.58 pp"),
        (-0.00001, "pp", "0.00个百分点", "0.00 pp"),
        (float("nan"), "money", "–", "–"),
        (None, "pct", "–", "–"),
        (dt.date(2026, 8, 24), "day", "8月24日", "24 Aug"),
        (dt.date(2026, 8, 24), "weekday", "周一", "Mon"),
    ],
)
def test_numbers_are_written_as_people_read_them(value, kind, zh, en):
    assert (labels.format_value(value, kind, "zh"), labels.format_value(value, kind, "en")) == (zh, en)


def test_a_missing_sentence_is_our_own_mistake():
    with pytest.raises(KeyError, match="no sentence"):
        labels.text("common.no_such_key", "en")


PLURALS = "days rows files orders reports versions visitors buyers users clicks impressions items sources words weeks"


def test_no_english_sentence_counts_one_days():
    loose = re.compile(r"(?<![Aa]ll )\{\w+(?::int|:number)?\} (" + PLURALS.replace(" ", "|") + r")\b")
    assert {key: text for key, text in flat("en").items() if loose.search(text)} == {}


@pytest.mark.parametrize(("files", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1.0, "1 file")])
def test_a_sentence_knows_one_from_many(files, said):
    assert f"Data: {labels.format_value(files, 'int', 'en')} {said.split()[1]}," in labels.text(
        "common.footer_data", "en", files=int(files), digest="d"
    )


def test_money_is_written_in_the_currency_of_the_block_and_in_yuan_outside():
    with labels.money_in("USD"):
        assert labels.format_value(-116_400, "signed_money", "en") == "−$116.4k"
        assert labels.text("findings.try_price.headline", "zh", price=59.9, target=65).startswith("$59.9")
        with labels.money_in("CHF"):
            assert labels.format_value(1234.5, "money2", "en") == "CHF\N{NO-BREAK SPACE}1,234.50"
        assert labels.format_value(65.0, "money0", "zh") == "$65"
    with pytest.raises(ValueError, match="stop"), labels.money_in("HKD"):
        raise ValueError("stop")
    assert labels.format_value(65.0, "money0", "zh") == "¥65"


def test_no_sentence_names_a_currency_by_its_sign():
    assert [
        key for lang in labels.LANGUAGES for key, text in flat(lang).items() if re.search(r"[¥\uffe5$€]\s*[{\d]", text)
    ] == []
