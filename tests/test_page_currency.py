"""A shop's money is shown in the shop's currency, wherever the page writes an amount."""

import json
import shutil
from pathlib import Path

import pytest

from shopnb.pages import open_page
from shopnb.screen import page_payload

SMALL = Path(__file__).parents[1] / "data" / "sample-small"


@pytest.fixture
def dollars(tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("tables", "reports"))
    settings = folder / "shopnb.toml"
    rest = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("currency")]
    settings.write_text("\n".join(['currency = "HKD"', *rest]), "utf-8")
    return str(folder)


def test_page_charts_and_record_write_the_currency_of_the_shop(dollars):
    page = open_page("shop_overview", shop=dollars, lang="zh")
    record = page.record()
    shown = json.dumps([page_payload(page.view), record], ensure_ascii=False, default=str)
    charts = json.dumps([part.spec for one in page.view.sections for part in one.parts if hasattr(part, "spec")],
                        ensure_ascii=False)  # fmt: skip
    assert record["currency"] == "HKD"
    assert "HK$" in record["verdict"]
    assert "'HK$'" in charts  # on the axis
    assert "¥" not in shown + charts
