"""Small source exports in the platform's own form, written for tests: one shop week against the week before."""

from pathlib import Path

HEAD = (
    "一级来源,二级来源,三级来源,访客数,支付金额,支付买家数,加购人数,新访客数,"
    "引导商品访客数,引导店铺页访客数,引导短视频访客数,归属原则"
)
TRUNKS = {
    "手淘搜索": "平台流量", "手淘推荐": "平台流量", "精准人群推广": "广告流量", "关键词推广": "广告流量",
    "智能场景": "广告流量", "我的淘宝": "平台流量", "购物车": "平台流量", "淘宝客": "广告流量",
}  # fmt: skip
# visitors and payers of pages.md 2.3; spend a buyer about ¥68
NOW = {
    "手淘推荐": (13900, 281), "手淘搜索": (12120, 569), "精准人群推广": (6940, 97), "关键词推广": (5820, 243),
    "我的淘宝": (2560, 197), "购物车": (2010, 229), "智能场景": (1350, 64), "淘宝客": (1020, 39),
}  # fmt: skip
BEFORE = {
    "手淘推荐": (9620, 212), "手淘搜索": (13010, 640), "精准人群推广": (4410, 70), "关键词推广": (5900, 255),
    "我的淘宝": (2500, 205), "购物车": (2080, 248), "智能场景": (1340, 66), "淘宝客": (1040, 42),
}  # fmt: skip
WEEK, WEEK_BEFORE = ("2026-07-13", "2026-07-19"), ("2026-07-06", "2026-07-12")  # no festival in either
RULE = "每一次访问来源"


def write_sources(folder: Path, days, sources, *, rule=RULE, trunks=None, subtotals=True) -> Path:
    """One export; subtotal rows stand above their parts as in the platform's file."""
    trunks = TRUNKS if trunks is None else trunks
    lines = []
    for trunk in dict.fromkeys(trunks.get(name, "平台流量") for name in sources):
        members = {name: row for name, row in sources.items() if trunks.get(name, "平台流量") == trunk}
        if subtotals:
            whole = [sum(part) for part in zip(*members.values(), strict=True)]
            lines.append(_line(trunk, "汇总", "汇总", whole, rule))
        for name, row in members.items():
            if subtotals:
                lines.append(_line(trunk, name, "汇总", row, rule))
            lines.append(_line(trunk, name, name, row, rule))
    path = folder / f"【生意参谋平台】无线店铺流量来源-{days[0]}_{days[1]}{'' if rule == RULE else rule}.csv"
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8-sig")
    return path


def _line(one, two, three, row, rule):
    visitors, payers = row[0], row[1]
    paid = payers * 68
    rest = (visitors // 12, visitors // 2, visitors * 7 // 10, visitors // 20, visitors // 25)
    return ",".join(map(str, (one, two, three, f'"{visitors:,}"', paid, payers, *rest, rule)))


def write_ads(folder: Path, days, by_scene) -> Path:
    """A scene report: scene to cost and attributed payment a day."""
    head = "日期,场景ID,场景名字,展现量,点击量,花费,总成交金额,总成交笔数"
    lines = [
        f"{day},37{place},{scene},1000,50,{cost},{paid},3"
        for day in days
        for place, (scene, (cost, paid)) in enumerate(by_scene.items())
    ]
    path = folder / f"营销场景报表_{days[-1].replace('-', '')}_090000.csv"
    path.write_bytes(("\n".join([head, *lines]) + "\n").encode("gb18030"))
    return path


def write_days(folder: Path, days, visitors=5271) -> Path:
    """A daily report of few columns."""
    lines = [f"{day},{visitors},250,17000,1445" for day in days]
    path = folder / f"日报_{days[-1].replace('-', '')}_aa.csv"
    head = "统计日期,访客数,支付买家数,支付金额,成功退款金额"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8-sig")
    return path


# All that the page can use: sources of items, entry words, regions, ninety days of ads and of the shop

ITEMS = ("600000000001", "600000000002")
STAY = {"手淘搜索": 0.54, "手淘推荐": 0.30, "精准人群推广": 0.18, "关键词推广": 0.47, "我的淘宝": 0.66, "购物车": 0.71}
WORDS = {"保温杯": (4100, 190), "大容量保温杯": (2600, 150), "水杯": (900, 4), "保温杯女": (700, 33), "杯子": (240, 2)}


def write_item_sources(folder: Path, days, item, sources, *, rule=RULE, share=0.4) -> Path:
    """The sources of one item: the columns of the platform's file that the page reads."""
    head = "一级来源,二级来源,三级来源,访客数,浏览量,浏览量占比,店内跳转人数,跳出本店人数,支付买家数,支付金额,归属原则"
    lines = []
    for name, (visitors, payers) in sources.items():
        came = round(visitors * share)
        stayed = round(came * STAY.get(name, 0.4))
        row = (came, came * 2, "5.00%", stayed, came - stayed, round(payers * share), round(payers * share) * 68)
        lines.append(",".join(map(str, (TRUNKS[name], name, name, *row, rule))))
    mark = "" if rule == RULE else rule
    path = folder / f"【生意参谋平台】商品流量来源-{item}-{days[0]}_{days[1]}{mark}.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8-sig")
    return path


def write_words(folder: Path, days, words=WORDS, *, silent=30) -> Path:
    """Words by which people came, with a tail of thin words that sold nothing."""
    rows = words | {f"长尾词{place}": (12 + place % 7, 0) for place in range(silent)}
    head = "统计日期,搜索词,访客数,加购人数,支付买家数,支付转化率,支付金额"
    lines = [
        f"{days[0]} ~ {days[1]},{word},{visitors},{visitors // 10},{payers},{payers / visitors:.2%},{payers * 68}"
        for word, (visitors, payers) in rows.items()
    ]
    path = folder / f"引流搜索词-{days[0]}_{days[1]}.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8-sig")
    return path


def write_regions(folder: Path, days) -> Path:
    """Ads by region."""
    head = "日期,地域,场景ID,场景名字,展现量,点击量,花费,总成交金额,总成交笔数"
    regions = {"浙江": (120, 420, 6), "广东": (160, 380, 5), "江苏": (90, 250, 4), "西藏": (6, 0, 0)}
    lines = [
        f"{day},{name},371,关键词推广,900,40,{cost},{paid},{orders}"
        for day in days
        for name, (cost, paid, orders) in regions.items()
    ]
    path = folder / f"地域报表_{days[-1].replace('-', '')}_090000.csv"
    path.write_bytes(("\n".join([head, *lines]) + "\n").encode("gb18030"))
    return path


def write_all_days(folder: Path, days) -> Path:
    """A daily report with devices, content and bounce; free visitors follow ad clicks, which move every three weeks."""
    head = (
        "统计日期,访客数,无线端访客数,PC端访客数,直播间访客数,短视频访客数,新访客数,老访客数,浏览量,跳失率,"
        "支付买家数,无线端支付买家数,PC端支付买家数,支付金额,无线端支付金额,PC端支付金额,成功退款金额"
    )
    lines = []
    for place, day in enumerate(days):
        clicks = clicks_of(place)
        visitors = 3900 + clicks + round(0.5 * sum(clicks_of(max(place - back, 0)) for back in range(8)) / 8)
        visitors += (place * 37) % 61 - 30
        pc, payers = visitors // 33, round(visitors * 0.046)
        people = (visitors, visitors - pc, pc + 5, 120, 160, visitors * 3 // 4, visitors - visitors * 3 // 4)
        paid = payers * 68
        money = (payers, payers - payers // 40, payers // 40, paid, paid - paid // 40, paid // 40, paid // 12)
        lines.append(",".join(map(str, (day, *people, visitors * 3, f"{52 + place % 3}.00%", *money))))
    path = folder / f"日报_{days[-1].replace('-', '')}_bb.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8-sig")
    return path


def clicks_of(place: int) -> int:
    """Ad clicks of a day: 500, then 900, in turns of three weeks."""
    return 500 if place // 21 % 2 == 0 else 900


def write_moving_ads(folder: Path, days, scenes=("关键词推广", "人群推广", "智能场景")) -> Path:
    """A scene report whose clicks move in steps."""
    head = "日期,场景ID,场景名字,展现量,点击量,花费,总成交金额,总成交笔数"
    lines = []
    for place, day in enumerate(days):
        for turn, scene in enumerate(scenes):
            clicks = clicks_of(place) * (5, 4, 1)[turn] // 10
            returned = (2.9, 0.9, 1.4)[turn]
            lines.append(f"{day},37{turn},{scene},{clicks * 20},{clicks},{clicks * 2},{clicks * 2 * returned:.0f},3")
    path = folder / f"营销场景报表_{days[-1].replace('-', '')}_100000.csv"
    path.write_bytes(("\n".join([head, *lines]) + "\n").encode("gb18030"))
    return path
