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
