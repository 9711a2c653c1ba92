"""What one clause says: opinion words, the nouns they are about, negation, wishes, worries.

A clause is scanned once, longest word first. Negation reaches an opinion over intensifiers, nouns and at most
`_REACH` other characters: 没有任何色差, 不是很好, 不会漏水. What can happen to goods is good where denied: 没掉过.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shopnb.text.lexicon import Lexicon, Word

_REACH = 3
_STARTS_ANEW = ("也", "都", "还", "照样")  # 没有风扇也很舒服
_INTENSIFIER = Word("intensifier")
_NO_MUCH = "有不没很太真挺好就也都"  # behind 好 that praises by itself: 颜色好有点小
_SAME = 1  # characters between two negators that deny each other: 不能说没有色差, but not 洗澡也不摘没掉色
_FAR = 8  # characters over which 没有 reaches when it compares: 没有图上那么亮
_COMPARED = re.compile(
    r"没有?(?=.{0,6}?(?:那么|这么|上次|以前|之前|原来|图上|图片|照片|模特|想象|说的|写的|吹的|宣传|广告|超市|专柜|实体店|别家|大牌))"
)
_COMPARING = ("比", "如", "有", "没", "像")  # 比上次少 complains of now, 以前漏水 does not
_CAME_ABOUT = re.compile(
    r"(?:就|都|全|又|老|总|动不动|居然|竟然|竟|自己|一直|还|容易)(?:会|是|给|要|被|已经|往下|往外)?$"
)
_NO_VERB = "也都就还又很是并会能太可要再真稍差了的"  # before 不 or 得: no verb that 不 splits from its result
_HINDERED = ("不能", "别", "不够", "难以")  # with these a denied event is a wish or a warning
_GONE = re.compile(r".{0,8}?(?:就|都|也|已经|很快)(?:没|没有|散|消失|不见|好|解决)了$")
_UNLIKE_PLAIN = "很太真挺更最常别蛮也都就还超且又样么有非不"  # before the praise: 没有别的很好 is no comparison
_DENIED_AFTER = re.compile(  # 一点塑料味都没有, 噪音几乎听不到, but not 起球也没掉毛
    r"(?:都|也|全|是|倒|倒是)(?:没有|没$|无$)"
    r"|(?:几乎|基本|基本上|完全|根本|都|也|已经)?(?:听不到|听不见|看不到|看不见|看不出|闻不到|闻不出|感觉不到|可以忽略|忽略不计|不明显)"
)
_STANDS_OFF = re.compile(r"不[^让令能显见想是很太]{1,5}")  # 不 that an unknown word behind it uses up: 不闹睡得好


class Opinion(NamedTuple):
    """One opinion on one aspect. `word` is as written, negator included; `sign` is 1, -1 or 0.

    `denied` is 1 for a complaint that is denied (没有色差, 不起球), -1 for praise that is (不够大), else 0.
    """

    aspect: str
    word: str
    sign: int
    denied: int = 0


class _Scanner:
    """One pass over a clause, longest word first."""

    def __init__(self, clause: str, known: Lexicon, carried: str) -> None:
        self.clause = clause
        self.known = known
        self.carried = carried
        self.found: list[Opinion] = []
        self.terms: list[str] = []  # nouns since the last opinion, joined by 和
        self.last_term = ""
        self.joined = self.wish = self.worry = self.lacking = False
        self.denied_from = -1  # where a complaint stands that is denied with the one before it
        self.forget_negation()

    def forget_negation(self) -> None:
        self.negated_from, self.flips, self.gap, self.reach = -1, 0, 0, _REACH

    def run(self) -> None:
        place = 0
        while place < len(self.clause):
            word = self.longest(place)
            if word is None:
                self.pass_over()
                place += 1
            else:
                self.take(place, word, self.known.words[word])
                place += len(word)

    def longest(self, place: int) -> str | None:
        """The longest known word that starts here."""
        for length in self.known.lengths.get(self.clause[place], ()):
            word = self.clause[place : place + length]
            if word in self.known.words:
                return word
        return None

    def pass_over(self) -> None:
        """A character that no word holds: negation reaches over a few of them."""
        self.joined = False
        if self.flips:
            self.gap += 1
            if self.gap > self.reach:
                self.forget_negation()

    def take(self, place: int, word: str, entry: Word) -> None:
        if word == "好" and (meant := self.so_much(place)):
            if meant.role == "opinion":
                self.say(place, self.clause[place : place + 2], meant)
        elif entry.role == "opinion":
            self.say(place, word, entry)
        elif entry.role == "level":
            if self.terms and self.terms[-1] in self.known.levelled:
                self.say(place, word, entry._replace(loose=True))
        elif entry.role == "term":
            self.name(place, word, entry)
        elif word in _STARTS_ANEW and self.gap:
            self.forget_negation()
        elif entry.role == "event":
            self.happen(place, word, entry)
        elif entry.role == "result":
            self.manage(place, word, entry)
        elif entry.role == "negator":
            if self.gap > _SAME:
                self.forget_negation()
            self.negated_from = place if not self.flips else self.negated_from
            self.flips, self.gap = self.flips + 1, 0
            if word.startswith("没"):
                self.lacking = True
            self.reach = _FAR if _COMPARED.match(self.clause, place) else _REACH
        elif entry.role == "joiner":
            self.joined = bool(self.terms)
        elif entry.role == "wish":
            self.wish = True
        elif entry.role == "worry":
            self.worry = self.worry or self.clause[max(place - 1, 0) : place] not in _COMPARING

    def name(self, place: int, word: str, entry: Word) -> None:
        """A noun; one that is a deed says that it fails when 不 stands right before it."""
        self.terms = [*self.terms, entry.aspect] if self.joined else [entry.aspect]
        self.joined, self.last_term = False, entry.aspect
        if self.flips % 2 and (not self.gap or self.reach == _FAR) and entry.aspect in self.known.working:
            self.say(place, word, entry._replace(sign=1))

    def so_much(self, place: int) -> Word | None:
        """What 好 means where it only says how much: the complaint of 好松, a word without a say in 好贵 and 好漂亮."""
        after = self.clause[place + 1 : place + 2]
        follows = self.longest(place + 1) if after and after not in _NO_MUCH else None
        if follows and self.known.words[follows].role == "opinion":
            return _INTENSIFIER
        meant = self.known.words.get("太" + after)
        return meant if meant and meant.sign < 0 and after not in _NO_MUCH else None

    def happen(self, place: int, word: str, entry: Word) -> None:
        """Something that can happen to goods: said of them only where denied, or where it came about."""
        if self.flips % 2:
            hindered = self.clause.startswith(_HINDERED, self.negated_from)
            told = self.gap <= _SAME and not hindered
        else:
            told = not self.flips and _CAME_ABOUT.search(self.clause, max(place - 6, 0), place) is not None
        if told:
            self.say(place, word, entry)
        else:
            self.pass_over()

    def manage(self, place: int, word: str, entry: Word) -> None:
        """What goods should do, behind a verb with 不 or 得: 扣不严, 吸得住."""
        verb = self.clause[place - 2 : place - 1] if place > 1 else ""
        if verb and verb not in _NO_VERB and self.clause[place - 1] in "不得":
            self.say(place, word, entry)
        else:
            self.pass_over()

    def say(self, place: int, word: str, entry: Word) -> None:
        """An opinion: on its own aspect, else on the nouns before it, behind it or in the clause before."""
        end = place + len(word)
        sign = self.signed(place, end, entry)
        written = self.clause[self.negated_from if self.flips else place : end]
        if entry.aspect and not entry.loose:
            on = [entry.aspect]
        elif self.terms:
            on = list(dict.fromkeys(self.terms))
        elif self.wish:
            on = []  # a wish for nothing in particular
        else:
            behind = self.noun_behind(end)
            on = [behind or entry.aspect or self.last_term or self.carried or "overall"]
        denied = 0
        if sign > 0 and entry.aspect and (entry.sign < 0 or written[0] in "不没无未"):
            denied = 1
        elif sign < 0 < entry.sign:
            denied = -1
        self.found += [Opinion(aspect, written, sign, denied) for aspect in on]
        self.terms, self.joined, self.lacking = [], False, False
        self.denied_from = end + 1 if denied > 0 and self.clause[end : end + 1] == "的" else -1
        self.forget_negation()

    def signed(self, place: int, end: int, entry: Word) -> int:
        """1, -1 or 0: what the opinion comes to with the negation, comparison, wish or worry around it."""
        if entry.sign > 0 and self.gap and _STANDS_OFF.fullmatch(self.clause, self.negated_from, place):
            self.forget_negation()
        if entry.sign < 0 and place == self.denied_from:  # 没有刺鼻的油漆味
            self.negated_from, self.flips = place, 1
        sign = -entry.sign if self.flips % 2 else entry.sign
        gone = entry.sign < 0 and not self.flips and self.gone_behind(end)
        unlike = sign > 0 and not self.flips and self.unlike(place, end)
        if gone or unlike:
            sign = -sign
        return 0 if self.wish or (self.worry and sign < 0 and not unlike) else sign

    def gone_behind(self, place: int) -> bool:
        """Whether what follows takes a complaint back: 有味道晾两天就没了."""
        return any(taken.match(self.clause, place) for taken in (_DENIED_AFTER, _GONE))

    def unlike(self, place: int, end: int) -> bool:
        """Whether praise at the clause's end is what something else deserves: 没有宾馆的床单舒服."""
        return self.lacking and end == len(self.clause) and self.clause[place - 1] not in _UNLIKE_PLAIN

    def noun_behind(self, place: int) -> str:
        """The noun right behind an opinion: 不错的质量."""
        if self.clause[place : place + 1] != "的" or place + 1 >= len(self.clause):
            return ""
        word = self.longest(place + 1)
        entry = self.known.words[word] if word else None
        return entry.aspect if entry and entry.role == "term" else ""


def scan(clause: str, known: Lexicon, carried: str = "") -> tuple[list[Opinion], str]:
    """The opinions of a clause, and the noun it names without saying anything of it (to carry on to the next one).

    Parameters
    ----------
    clause : cleaned text without punctuation.
    carried : aspect that the clause before named without an opinion, "" for none.
    """
    scanner = _Scanner(clause, known, carried)
    scanner.run()
    return scanner.found, "" if scanner.found else scanner.last_term
