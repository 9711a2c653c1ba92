"""What buyers write, with personal data masked: numbers to call, chat accounts, links, addresses, names.

Belongs here: the shapes of personal data in running text, also where they are hidden from a plain search (full width,
Chinese numerals, blanks between digits, 威信). Headers, the keyed hash and the plain shapes are `personal`'s.

A shape is looked for in a copy of the text with each character folded to one plain character, so that what is found
stands at the same place in the text itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from shopnb.schema import LINK_MASK, MASK

_EMOJI_CODE = re.compile(r"<U\+([0-9A-Fa-f]{4,8})>")
_ODD = {
    **dict(zip("零〇○◯一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "000012345678912345678912", strict=True)),
    "❤": "信", "♥": "信", "➕": "+", "—": "-", "–": "-", "−": "-", "•": ".", "・": ".",
}  # fmt: skip
_ZEROS, _ONE = re.compile(r"(?<=\d)o+(?![a-z])"), re.compile(r"(?<![a-z\d])[li|](?=[3-9][\do]{2})")
_CUE = re.compile(
    r"(?:\d\D{0,2}){5}|[a-z_]{6}|[a-z][\w\-]{5}|@|[:号][\u4e00-\u9fff]{1,6}[a-z0-9_\-]{2}|[路街道同巷村]\d|先生|女士|小姐|我叫|姓名|名字|[件货系]人"
)  # a text without any of these holds nothing to mask
_J = r"[ \-.·_~*,/\ufe0f\u20e3\u200b\u2060]{1,2}"  # what stands between the digits of a number
_DIGITS = r"(?:1[3-9]\d{9}|" + "|".join(
    _J.join(rf"\d{{{size}}}" for size in sizes)
    for sizes in ((3, 4, 4), (4, 3, 4), (3, 8), (7, 4), (2, 2, 2, 2, 3), (1,) * 11)
) + ")"  # fmt: skip
_PHONES = re.compile(
    rf"(?<!\d)(?:\+?86[ \-]?)?(?=1(?:{_J})?[3-9]){_DIGITS}[\ufe0f\u20e3]*(?!\d)"
    r"|(?<![\d.])(?:0\d{2,3}[ \-]?\d{7,8}|400[ \-]?\d{3}[ \-]?\d{4}|400[ \-]?\d{4}[ \-]?\d{3})(?!\d)"
)
_LONG = re.compile(r"(?<![\d.])\d{8,}x?(?!\d)")
_DAY = re.compile(r"20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
_TAIL = r"[^\s\u4e00-\u9fff,;!()]*"
_LINKS = re.compile(
    rf"https?:/{{0,2}}[a-z0-9]{_TAIL}|www\.[a-z0-9]{_TAIL}|[¥€₤$][a-z0-9]{{9,14}}[¥€₤$]"
    r"|(?<![a-z0-9@.\-])(?:[a-z0-9\-]{1,63}\.){1,5}(?:com|cn|net|org|cc|me|top|xyz|vip|io|tv|shop)(?![a-z0-9])"
    rf"(?:/{_TAIL})?"
)
_MAILS = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]{1,64} ?(?:@|\(at\)|\[at\]) ?[a-z0-9\-]{1,63}"
    r"(?: ?(?:\.|\(dot\)) ?[a-z0-9\-]{1,63}){1,5}"
)
_MENTIONS = re.compile(r"(?<![a-z0-9])@[\w\-]{2,16}")
_CHAT = (
    r"(?:[微威薇徽溦嶶维葳]信|v ?信|[微薇]芯|绿泡泡|we ?chat|wei ?xin|(?<![a-z])[vw]x|扣扣|企鹅号?|(?<![a-z])qq"
    r"|(?<![a-z])q号|q群|telegram|whatsapp|(?<![a-z0-9])v(?=:)|(?:加|\+)(?:我|个|一下)?[v薇微威])"
)
_ACCOUNT = r"(?:[a-z][a-z0-9_\-]{5,19}|\d(?:[ \-.·_~*]?\d){4,14})"
_SAYS = r"(?P<says>(?:[帐账]号|号码|号|群|id|同|联系|扫|搜索|搜|加|我|是|为|就|的|:|=|\+|-|\(| ){0,6})"
_CHATS = re.compile(rf"{_CHAT}{_SAYS}(?P<masked>{_ACCOUNT})(?![a-z0-9])")
_CHATS_MIXED = re.compile(rf"{_CHAT}(?:号|id)?[:=] ?(?P<masked>[\u4e00-\u9fff]{{1,6}}[a-z0-9_\-]{{2,12}})")
_CHATS_BEHIND = re.compile(rf"(?<![a-z0-9])(?P<masked>{_ACCOUNT})(?:是我的?|[(,: ]{{0,2}}){_CHAT}(?=号|同|联系|$|\W)")
_NUMBERED = re.compile(
    r"(?:订单|运单|快递单|单号|身份证|卡号)[号码编是为: ]{0,5}(?P<masked>[a-z]{0,4}\d(?:[ \-]?\d){5,})"
)
_ADDRESSES = re.compile(
    r"(?:[\u4e00-\u9fff]{2,3}省)?(?:[\u4e00-\u9fff]{2,4}市)?(?:[\u4e00-\u9fff]{1,4}[区县镇乡])?[\u4e00-\u9fff][\u4e00-\u9fff\d]{0,3}(?:路|街|大道|胡同|巷|村)"
    r"[东南西北中]?\d{1,5}(?:号|弄|栋|幢|座)(?![到才发收下买拍签送那前后])"
    r"(?:[\u4e00-\u9fff]{0,6}\d{1,4}(?:号楼|栋|幢|座|单元|楼|层|室|号|房)){0,4}"
    r"|(?:[\u4e00-\u9fff]{2,6}(?:小区|花园|公寓|苑|家园|新村))?\d{1,3}(?:栋|幢|号楼|座)(?:\d{1,2}单元)?\d{3,4}(?:室|号|房)?(?![块元条个年\da-z])"
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"
    "姚谭廖邹熊金陆郝孔崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武贺赖龚文張劉陳楊趙黃吳孫馬羅鄭謝韓馮鄧許蘇盧蔣賈葉鐘譚鄒陸顧湯龍錢賴龔賀"
)
_TITLED = re.compile(
    rf"(?:(?<![\u4e00-\u9fff])|(?<=[找叫系是服]))(?P<masked>[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}?)(?=先生|女士|小姐)"
)
_NAMES = re.compile(
    rf"(?:我叫|(?:姓名|(?<![牌品]牌)(?<!的)名字)[:是叫 ]{{1,2}}|(?:收件人|收货人|联系人)[:是叫 ]{{0,2}})"
    rf"(?P<masked>[{_SURNAMES}][\u4e00-\u9fff\d]{{1,2}})(?![\u4e00-\u9fff])"
)


def masked(text: str | None) -> str | None:
    """What people wrote, with `MASK` for personal data, `LINK_MASK` for links, and `<U+0001F60A>` as its sign.

    Numbers of eight digits and more go too (orders, accounts), but for days and runs of one digit; prices, sizes and
    models are shorter and stay.

    Examples
    --------
    >>> masked("加V:abc_2026,电话1 3 8 0 0 1 3 8 0 0 0"), masked("尺码170,199元,型号KF7788")
    ('加V:[…],电话[…]', '尺码170,199元,型号KF7788')
    """
    if text is None:
        return None
    if "<U+" in text:
        text = _EMOJI_CODE.sub(lambda match: chr(min(int(match.group(1), 16), 0x10FFFF)), text)
    folded = _folded(text)
    if not _CUE.search(folded):
        return text
    for start, end, mark in _merged(sorted(_spans(folded))):
        text = text[:start] + mark + text[end:]
    return text


class _Folded(dict[int, str]):
    """Code point to one plain character: half width, small, digits for Chinese numerals; filled as letters come."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        plain = _ODD.get(sign) or unicodedata.normalize("NFKC", sign).lower()
        self[code] = plain if len(plain) == 1 else sign
        return self[code]


_FOLDED = _Folded()


def _folded(text: str) -> str:
    plain = text.translate(_FOLDED)
    return _ONE.sub("1", _ZEROS.sub(lambda found: "0" * len(found.group()), plain))


def _spans(folded: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and mark of all that is to be masked."""
    for found in _LINKS.finditer(folded):
        yield *found.span(), LINK_MASK
    for pattern in (_MAILS, _MENTIONS, _PHONES, _ADDRESSES):
        for found in pattern.finditer(folded):
            yield *found.span(), MASK
    for pattern in (_NUMBERED, _CHATS_MIXED, _TITLED, _NAMES):
        for found in pattern.finditer(folded):
            yield *found.span("masked"), MASK
    for pattern in (_CHATS, _CHATS_BEHIND):
        for found in pattern.finditer(folded):
            if _is_account(found, folded):
                yield *found.span("masked"), MASK
    for found in _LONG.finditer(folded):
        digits = found.group()
        if len(set(digits)) > 2 and not _DAY.match(digits):
            yield *found.span(), MASK


def _is_account(found: re.Match[str], folded: str) -> bool:
    """Whether what stands beside the name of a chat is an account, not another word such as facebook."""
    word = found.group("masked")
    if any(sign.isdigit() or sign in "_-" for sign in word):
        return True
    says = found.groupdict().get("says") or ""
    return bool(says.strip(" (")) or "加" in folded[max(0, found.start() - 1) : found.start() + 1]


def _merged(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Overlapping spans as one, last first, so that cutting one leaves the places of the others."""
    whole: list[tuple[int, int, str]] = []
    for start, end, mark in spans:
        if whole and start < whole[-1][1]:
            first, last, kept = whole[-1]
            whole[-1] = first, max(last, end), kept if mark != LINK_MASK else LINK_MASK
        else:
            whole.append((start, end, mark))
    return whole[::-1]
