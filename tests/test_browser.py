"""The page in a real browser with the network cut: charts alive, no request, no message, no sideways scroll."""

from __future__ import annotations

import re
from urllib.parse import unquote

import demo
import pytest

from shopnb import report

pytestmark = pytest.mark.slow

ALIVE = "document.documentElement.dataset.charts !== undefined"
WIDTHS = (390, 1280)


@pytest.fixture(scope="module", params=["zh", "en"])
def page_file(request, tmp_path_factory):
    _, html = demo.demo_made(request.param)
    file = tmp_path_factory.mktemp("page") / f"demo_{request.param}.html"
    file.write_text(html, encoding="utf-8")
    return file


class Visit:
    """One opened page and everything it said or asked for."""

    def __init__(self, browser, file, width, **context):
        self.context = browser.new_context(viewport={"width": width, "height": 844}, offline=True, **context)
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    @property
    def requests(self):
        return [url for url in self.asked if url != self.file.as_uri() and not url.startswith("data:")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_all_charts_come_alive_in_silence(browser, page_file, width, scheme):
    with Visit(browser, page_file, width, color_scheme=scheme) as visit:
        visit.page.wait_for_function(ALIVE)
        assert visit.page.evaluate("document.documentElement.dataset.charts") == "12"
        assert visit.page.locator(".nb-live svg").count() == 12
        assert visit.page.locator(".nb-chart > svg").count() == 0
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        assert visit.requests == []
        assert visit.said == []


def test_the_page_is_painted_before_any_chart_comes_alive(browser, page_file):
    with Visit(browser, page_file, 390) as visit:
        visit.context.new_cdp_session(visit.page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        visit.page.reload()
        visit.page.wait_for_function(ALIVE)
        painted, alive = visit.page.evaluate(
            "[performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]"
        )
        assert 0 < painted < alive


@pytest.mark.parametrize("width", WIDTHS)
def test_with_scripts_off_the_svgs_stay(browser, page_file, width):
    with Visit(browser, page_file, width, java_script_enabled=False) as visit:
        assert visit.page.locator(".nb-chart > svg").count() == 12
        boxes = [svg.bounding_box() for svg in visit.page.locator(".nb-chart > svg").all()]
        assert all(box["width"] > 200 and box["height"] > 60 and box["x"] >= 0 for box in boxes)
        assert all(box["x"] + box["width"] <= width for box in boxes)
        assert visit.requests == []


def test_an_old_browser_without_decompression_keeps_the_svgs(browser, page_file):
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(page_file.as_uri())
    assert page.locator(".nb-chart > svg").count() == 12
    assert said == []
    context.close()


def test_no_drawn_text_leaves_its_chart(browser, page_file):
    script = """() => [...document.querySelectorAll('.nb-live svg text')].filter((t) => t.textContent).map((t) => {
      const inner = t.getBoundingClientRect(), outer = t.ownerSVGElement.getBoundingClientRect();
      const over = [outer.left - inner.left, inner.right - outer.right, outer.top - inner.top,
                    inner.bottom - outer.bottom].map(Math.round);
      return [t.closest('.nb-chart').id, t.textContent, ...over];
    }).filter(([, , ...over]) => Math.max(...over) > 3)"""  # 3 px: line height is more than the letters
    for width in WIDTHS:
        with Visit(browser, page_file, width) as visit:
            visit.page.wait_for_function(ALIVE)
            assert visit.page.evaluate(script) == []


def test_hostile_text_is_shown_and_does_nothing(browser, page_file):
    with Visit(browser, page_file, 390) as visit:
        visit.page.wait_for_function(ALIVE)
        assert visit.page.locator("img").count() == 0
        assert demo.HOSTILE[0] in visit.page.locator(".nb-findings").inner_text()
        assert visit.page.locator("main script, main iframe, main a[href^=javascript]").count() == 0
        assert visit.said == []


def test_pointing_at_a_bar_shows_its_value(browser, page_file):
    with Visit(browser, page_file, 390) as visit:
        visit.page.wait_for_function(ALIVE)
        bar = visit.page.locator("#chart-1 .mark-rect path").first
        bar.scroll_into_view_if_needed()
        bar.hover()
        tip = visit.page.locator(".nb-tip")
        assert tip.is_visible()
        assert "¥12" in tip.inner_text()


PALE = """(id) => [...document.querySelectorAll(`#${id} .nb-live [aria-roledescription], #${id} .nb-live path`)]
  .filter((mark) => mark.getAttribute('opacity') === '0.18').length"""


def test_a_click_in_the_legend_or_on_a_mark_pales_the_others(browser, page_file):
    with Visit(browser, page_file, 390) as visit:
        visit.page.wait_for_function(ALIVE)
        order = [chart.id for chart in demo.all_charts("zh")]
        for key, target in (("paired", ".mark-rect path"), ("scatter", ".mark-symbol.role-mark path"),
                            ("lines", ".role-legend-label text"), ("shares", ".role-legend-label text")):  # fmt: skip
            place = f"chart-{order.index(key)}"
            assert visit.page.evaluate(PALE, place) == 0, key
            visit.page.locator(f"#{place} {target}").first.click(force=True)
            visit.page.wait_for_function(f"({PALE})('{place}') > 0")
            visit.page.locator(f"#{place} {target}").first.click(force=True)
            visit.page.wait_for_function(f"({PALE})('{place}') === 0")
        assert visit.said == []


# where verdict, cards, and headline, money and action of each finding of the first list end, in px
FIRST_SCREEN = """() => [...document.querySelectorAll('.nb-verdict, .nb-cards, .nb-screen .nb-block:first-of-type'
  + ' :is(h3, .nb-money, .nb-action, .nb-who)')]
  .map((e) => [e.textContent, Math.round(e.getBoundingClientRect().bottom)])"""


def first_screen_faults(browser, file):
    """What of the first screen is not within 390 x 844 px, or is cut off with no way to read it."""
    with Visit(browser, file, 390) as visit:
        ends = visit.page.evaluate(FIRST_SCREEN)
        low = [end for end in ends if end[1] > 844]
        for more in visit.page.locator(".nb-more summary").all():
            more.click()
        cut = visit.page.evaluate(
            "[...document.querySelectorAll('.nb-verdict, .nb-card p, .nb-finding h3, .nb-money, .nb-action')]"
            ".filter((e) => e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 1)"
            ".map((e) => e.textContent)"
        )
        who = visit.page.locator(".nb-who").all_inner_texts()
        again = " ".join(visit.page.locator(".nb-again").all_inner_texts())
        lost = [line for line in who if not all(part.strip() in again for part in line.split("·")[2:])]
        return {"counted": len(ends), "low": low, "cut": cut, "lost": lost}


def test_the_first_phone_screen_holds_verdict_cards_and_findings(browser, page_file):
    found = first_screen_faults(browser, page_file)
    assert found.pop("counted") == 2 + 3 * 4
    assert found == {"low": [], "cut": [], "lost": []}


# a link of one letter at the top and at the bottom of all that must stay whole, and at each heading and what follows it
MARKS = """() => {
  const mark = (host, name, end) => {
    const link = document.createElement('a');
    link.href = `https://mark.invalid/${name}/${end}`;
    link.textContent = '.';
    link.style.cssText = `position:absolute;left:50%;${end}:1px;font-size:1px;line-height:2px`;
    host.style.position = 'relative';
    host.append(link);
  };
  const whole = [...document.querySelectorAll('.nb-card, .nb-finding, .nb-figure, .nb-chart, tbody tr, .nb-health li')];
  whole.forEach((one, place) => ['top', 'bottom'].forEach((end) => mark(one.cells ? one.cells[0] : one, place, end)));
  const heads = [...document.querySelectorAll('.nb-section .nb-question')];
  heads.forEach((head, place) => {
    mark(head, `head${place}`, 'top');
    const next = head.nextElementSibling, line = document.createElement('div');
    next.prepend(line);
    mark(line, `head${place}`, 'bottom');
  });
  return whole.length + heads.length;
}"""


def split_in_print(visit):
    """Pages of the PDF on A4, and the marks whose two ends stand on different pages.

    Links are found again in the PDF: Chromium writes a page's annotations as plain objects.
    """
    marks = visit.page.evaluate(MARKS)
    pdf = visit.page.pdf(prefer_css_page_size=True).decode("latin-1")
    objects = dict(re.findall(r"(?:^|\n)(\d+) 0 obj\n?(.*?)endobj", pdf, flags=re.DOTALL))
    sheets = [body for body in objects.values() if re.search(r"/Type /Page\b", body)]
    found: dict[str, list[int]] = {}
    for sheet, body in enumerate(sheets):
        listed = re.search(r"/Annots \[(.*?)\]", body, flags=re.DOTALL)
        for number in re.findall(r"(\d+) 0 R", listed[1] if listed else ""):
            if link := re.search(r"mark\.invalid/(\w+)/", objects[number]):
                found.setdefault(link[1], []).append(sheet)
    assert len(found) == marks
    return len(sheets), [name for name, ends in found.items() if len(ends) != 2 or len(set(ends)) > 1]


def test_print_splits_no_card_no_row_and_no_chart(browser, page_file):
    with Visit(browser, page_file, 1280) as visit:
        visit.page.wait_for_function(ALIVE)
        pages, split = split_in_print(visit)
        assert pages > 5
        assert split == []


def test_no_chart_leaves_its_place_on_paper(browser, page_file):
    with Visit(browser, page_file, 1280) as visit:
        visit.page.emulate_media(media="print")
        visit.page.wait_for_function(ALIVE)
        visit.page.evaluate("document.querySelector('.nb-main').style.width = '690px'")  # A4, charts not drawn again
        cut = visit.page.evaluate(
            "[...document.querySelectorAll('.nb-live svg')].filter((svg) => svg.getBoundingClientRect().right >"
            " svg.closest('.nb-chart').getBoundingClientRect().right + 1).length"
        )
        assert cut == 0


def test_keyboard_reaches_tables_and_methods(browser, page_file):
    with Visit(browser, page_file, 390) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "nb-skip"
        assert visit.page.locator('.nb-scroll[tabindex="0"]').count() == 12
        visit.page.locator("#methods summary").focus()
        visit.page.keyboard.press("Enter")
        assert visit.page.locator("#methods details, details#methods").get_attribute("open") is not None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_index_of_thirty_shops_is_small_and_fits(browser, lang, tmp_path):
    rows = demo.demo_batch(lang)
    file = tmp_path / "index.html"
    file.write_text(report.index_page(rows, lang), encoding="utf-8")
    assert file.stat().st_size < 600_000
    for row in rows:
        if row["path"]:
            target = tmp_path / row["path"]
            target.parent.mkdir(exist_ok=True)
            target.write_text("<!doctype html><title>there</title>", encoding="utf-8")
    for width in WIDTHS:
        with Visit(browser, file, width) as visit:
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
            assert visit.requests == visit.said == []
            reached = {unquote(link) for link in visit.page.evaluate("[...document.links].map((a) => a.href)")}
            assert reached == {unquote((tmp_path / row["path"]).as_uri()) for row in rows if row["path"]}
            wide = visit.page.evaluate("document.querySelector('.nb-grid table').offsetWidth")
            assert wide <= visit.page.evaluate("document.querySelector('.nb-grid').clientWidth")
            visit.page.locator(".nb-grid a").first.click()
            assert visit.page.title() == "there"
