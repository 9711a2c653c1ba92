"""Reviews as plain simplified text, and their clauses.

Belongs here: escapes, width, traditional characters, runs of the same sign, cutting at punctuation and contrast.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

import opencc

LONGEST = 2000  # characters of a review that are read; longer ones are pasted articles
_ESCAPED = re.compile(r"<U\+([0-9A-Fa-f]{4,8})>")
_HALF = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"<[^<>]{0,200}>")
_RUN = re.compile(r"(.)\1{3,}")
_CUT = re.compile(r"[,.!?;:~…\n。!?;:,·|/\\()\[\]{}<>《》【】“”\"'‘’*#=_^—\s]+|-{2,}")
_TURN = re.compile(r"(?=但是|但(?!是|愿)|可是|可惜|不过(?!敏)|然而|就是(?!这|那|我)|只是|只不过|美中不足|唯一)")
_DEFAULT = re.compile(
    r"^(?:此用户没有填写评[价论]|该?用户(?:未|没有)(?:填写|作出|及时作出)?评[价论].{0,12}|系统默认(?:好评|评价)|默认好评|评价方未及时做出评价.{0,12}"
    r"|(?:该|此)?用户觉得商品很?(?:好|不错|非常好).{0,10}|买家没有填写评[价论]|没有填写评[价论](?:内容)?|15天内买家未作出评价|暂无评[价论])[。!!.]*$"
)


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def clean(reviews: list[str]) -> list[str]:
    """Each review as simplified text of one width; line breaks become cuts, tags and control signs go.

    Examples
    --------
    >>> clean(["顏色很好看<U+0001F60A>!!!!!", ""])
    ['颜色很好看😊!!!', '']
    """
    plain = [_plain(review) for review in reviews]
    return _to_simplified().convert("\x00".join(plain)).split("\x00") if plain else []


def _plain(review: str) -> str:
    text = review[:LONGEST]
    if "<" in text or "&" in text:
        text = _ESCAPED.sub(_character, text)
        text = _TAG.sub("\n", html.unescape(text))
    if _HALF.search(text):  # halves of a pair make one sign, a single half none
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    text = unicodedata.normalize("NFKC", text).replace("\x00", "").replace("\ufeff", "").replace("\ufe0f", "")
    return _RUN.sub(r"\1\1\1", text).strip()


def _character(found: re.Match[str]) -> str:
    code = int(found.group(1), 16)
    return chr(code) if code <= 0x10FFFF else ""


def cut(text: str) -> list[str]:
    """The clauses of a cleaned text: cut at punctuation, and before a word of contrast."""
    return [part for piece in _CUT.split(text) if piece for part in _TURN.split(piece) if part]


def clauses(review: str) -> list[str]:
    """The clauses of a review, in order.

    Examples
    --------
    >>> clauses("颜色好看,质量也不错但是漏水!")
    ['颜色好看', '质量也不错', '但是漏水']
    """
    return cut(clean([review])[0])


def is_default(review: str) -> bool:
    """Whether the platform wrote it in the buyer's stead: no opinion of anybody.

    Examples
    --------
    >>> is_default("此用户没有填写评价。"), is_default("好评")
    (True, False)
    """
    return _DEFAULT.match(review.strip()) is not None
