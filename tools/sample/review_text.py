"""Review texts from clause templates written for this sample: praise, complaints, concessions, bland remarks.

What a review says and its main complaint are given by the world; this module only finds words for them.
"""

from __future__ import annotations

from sample.catalogue import Item
from sample.draw import Stream

PRAISE: dict[str, tuple[str, ...]] = {
    "保温": (
        "保温效果很好,早上装的热水下午还是烫的",
        "保温时间长,过了一晚上还是温的",
        "保温真的久,上班喝一天都热",
        "早上灌的开水到晚上还烫嘴",
        "保温没得说",
        "冰块放一天都没化完,保冷也行",
        "保温效果比我之前那个强多了",
        "放了八个小时水还是热的",
    ),
    "颜值": (
        "颜色很好看",
        "颜值在线,同事都问我链接",
        "颜色和图片一样,没有色差",
        "比图片上还好看",
        "外观很高级",
        "奶呼呼的颜色太喜欢了",
        "磨砂质感,拿着很舒服",
        "颜色很正,女儿一眼就相中了",
    ),
    "容量": (
        "容量够大,一天不用总接水",
        "容量大,够喝一下午",
        "容量刚刚好",
        "大容量很实用,出门带一个就够了",
        "容量比想象的大",
    ),
    "做工": (
        "做工精细,没有毛刺",
        "质量很好,拿在手里很有分量",
        "做工不错,盖子严丝合缝",
        "杯口打磨得很光滑,不刮嘴",
        "质感不错,看着就结实",
        "不小心摔了一次也没变形",
    ),
    "密封": (
        "密封性好,放包里一点都不漏",
        "倒过来也不漏水",
        "拧紧以后滴水不漏",
        "放书包里横着也没漏过",
    ),
    "异味": ("没有异味", "没什么味道,洗一遍就能用", "一点塑料味都没有", "打开没闻到怪味"),
    "物流": (
        "物流很快,第二天就到了",
        "发货快",
        "快递小哥送上门的,包装完好",
        "昨天下单今天就到",
        "物流给力",
    ),
    "包装": ("包装很严实,没有磕碰", "包装精美,送人也拿得出手", "盒子很扎实"),
    "客服": ("客服态度很好,有问必答", "问了客服好几个问题都耐心回答", "客服很专业"),
    "价格": ("这个价位很值", "性价比高", "活动价买的,很划算", "比实体店便宜不少"),
    "便携": ("带提绳很方便", "放车里杯架刚好", "不重,带着上学正好", "单手就能打开,很方便"),
    "清洗": ("杯口大好清洗", "吸管能拆下来洗,很方便", "内胆光滑,茶渍一冲就掉"),
    "材质": ("316的材质喝着放心", "看了杯底确实是316的"),
    "总体": (
        "很满意",
        "喜欢",
        "不错",
        "推荐购买",
        "第二次买了",
        "给爸妈也买了一个",
        "孩子很喜欢",
        "没有让我失望",
        "会回购",
        "物超所值",
    ),
}
PRAISE_WEIGHTS = {
    "保温": 19, "颜值": 15, "容量": 12, "做工": 9, "密封": 5, "异味": 5, "物流": 9, "包装": 5, "客服": 4,
    "价格": 6, "便携": 6, "清洗": 3, "材质": 2, "总体": 14,
}  # fmt: skip
KEEPS_WARM = ("保温杯", "焖烧杯", "礼盒", "儿童杯")
STAYS_AT_HOME = ("玻璃杯", "陶瓷杯", "配件")
LARGE = ("HM-316L", "HM-TRI", "HM-STEW", "HM-500", "HM-CAR", "HM-KID")
COMPLAINTS: dict[str, tuple[str, ...]] = {
    "漏水": (
        "漏水,放包里把书都打湿了",
        "盖子拧紧了还是渗水",
        "倒过来就往外滴水",
        "用了两天开始漏水",
        "密封圈不行,一晃就漏",
        "漏水严重,背包湿了一片",
        "杯口一直渗水,拧多紧都没用",
        "装满水横放就漏,密封太差",
        "才用一个星期就漏水了",
        "第一天用就漏了一桌子水",
    ),
    "物流": (
        "物流太慢了,等了一个礼拜",
        "快递扔在门口也不打电话",
        "发货慢,催了两次才发",
        "说好48小时发货,第四天才发出来",
        "快递暴力,盒子都压扁了",
    ),
    "做工": (
        "做工粗糙,杯底有划痕",
        "用了一周就掉漆",
        "杯盖边缘有毛刺,刮手",
        "提绳没几天就断了",
        "收到杯身有个坑",
        "弹盖不灵了,按半天才开",
    ),
    "异味": ("有一股塑料味,洗了好几遍还有", "味道很大,不敢用", "盖子里有股怪味,泡了两天都没散", "打开一股刺鼻的味道"),
    "保温": (
        "一点都不保温,两个小时就凉了",
        "保温效果差,早上的水中午就凉了",
        "说12小时保温,下午就是凉水",
        "保温没有宣传的那么好,半天就温了",
    ),
    "色差": (
        "颜色和图片差太多",
        "色差严重,图上是雾霾蓝收到发灰",
        "实物颜色发暗,没有图片好看",
        "颜色跟页面上完全不一样",
    ),
    "客服": ("客服半天不回消息", "问客服怎么处理,一直让等", "客服态度差,推来推去", "售后没人理"),
}
ENDS_BAD = ("失望", "不推荐", "差评", "已经申请退货了", "不会再买了", "浪费钱", "", "", "", "")
BLAND = (
    "一般般吧,能用", "还行,中规中矩", "凑合用吧", "普通的杯子,没什么特别的", "刚收到,用一段时间再看", "和想的差不多",
    "一分钱一分货", "没有想象中那么好,也不算差", "颜色还可以,就是有点重", "容量可以,盖子有点紧",
)  # fmt: skip
EMOJI = ("😊", "👍", "❤", "🥰", "😍", "👍👍", "~", "!", "!!", "。")
BAD_EMOJI = ("😡", "😤", "👎", "!", "!!", "。", "…")
FOLLOW_GOOD = ("用了半个月了,还是很好用", "追评:没有漏水,保温也没变差", "用到现在没什么问题", "家人又让我买了一个")
FOLLOW_BAD = {
    "漏水": ("追评:换了一个还是漏", "用了几天漏得更厉害了", "客服说补寄密封圈,还没收到"),
    "": ("追评:问题还没解决", "一直没人处理"),
}
DEFAULT = "此用户没有填写评价。"


def _praises(draw: Stream, item: Item, number: int) -> list[str]:
    """Praises of `number` different aspects that fit the item."""
    weights = dict(PRAISE_WEIGHTS)
    if item.category not in KEEPS_WARM:
        weights["保温"] = weights["材质"] = weights["密封"] = 0
    if item.category in STAYS_AT_HOME:
        weights["便携"] = weights["清洗"] = 0
    if item.code not in LARGE:
        weights["容量"] = 0
    clauses = []
    for _ in range(number):
        aspect = draw.pick(list(weights), list(weights.values()))
        weights[aspect] = 0
        clauses.append(draw.pick(PRAISE[aspect]))
    return clauses


def _joined(draw: Stream, clauses: list[str]) -> str:
    mark = draw.pick((",", "。", " ", ";"), (0.55, 0.25, 0.12, 0.08))
    return mark.join(clauses)


def _end(draw: Stream, marks: tuple[str, ...]) -> str:
    return draw.pick(marks) if draw.happens(0.45) else ""


def positive_text(draw: Stream, item: Item) -> str:
    """One to three praises, at times with a small reservation or a worry that did not come true."""
    clauses = _praises(draw, item, draw.pick((1, 2, 3), (0.38, 0.40, 0.22)))
    turn = draw.share()
    if turn < 0.06:
        clauses.append(
            draw.pick(("就是稍微有点重,不影响使用", "要是再轻一点就更好了", "唯一不足是没有送杯刷,总体满意"))
        )
    elif turn < 0.11 and item.category in KEEPS_WARM:
        clauses.insert(
            0,
            draw.pick(
                ("本来担心会漏水,结果完全不漏", "之前买的别家用两天就漏,这个没有", "怕有味道,到手一点异味都没有")
            ),
        )
    return _joined(draw, clauses) + _end(draw, EMOJI)


def negative_text(draw: Stream, item: Item, complaint: str) -> str:
    """The complaint, at times with a concession before it or a second complaint of delivery after it."""
    if complaint == "保温" and item.category not in KEEPS_WARM:
        complaint = "做工"
    main = draw.pick(COMPLAINTS[complaint])
    turn = draw.share()
    if turn < 0.24:
        nice = draw.pick(PRAISE[draw.pick([aspect for aspect in ("颜值", "容量", "物流") if aspect != complaint])])
        main = f"{nice},{draw.pick(('但是', '就是', '可惜', '不过'))}{main}"
    elif turn < 0.32 and complaint not in ("物流", "客服"):
        main = f"{main},找客服也不给解决"
    elif turn < 0.37 and complaint == "漏水":
        main = f"没用几天,{main}"
    ending = draw.pick(ENDS_BAD)
    return (f"{main},{ending}" if ending else main) + _end(draw, BAD_EMOJI)


def neutral_text(draw: Stream) -> str:
    """Neither praise nor complaint."""
    return draw.pick(BLAND) + _end(draw, ("。", "…", ""))


def follow_up_text(draw: Stream, complaint: str) -> str:
    """What a buyer adds some days later."""
    if complaint:
        return draw.pick(FOLLOW_BAD.get(complaint, FOLLOW_BAD[""]))
    return draw.pick(FOLLOW_GOOD)
