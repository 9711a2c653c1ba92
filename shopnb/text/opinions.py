"""What one clause says: opinion words, the nouns they are about, negation, wishes, worries.

A clause is scanned once, longest word first. Negation reaches an opinion over intensifiers, nouns and at most
`_REACH` other characters: 没有任何色差, 不是很好, 不会漏水.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shopnb.text.lexicon import Lexicon, Word

_REACH = 3
_FAR = 8  # characters over which 没有 reaches when it compares: 没有图上那么亮
_COMPARED = re.compile(
    r"没有?(?=.{0,6}?(?:那么|这么|上次|以前|之前|原来|图上|图片|照片|模特|想象|说的|写的|吹的|宣传|广告|超市|专柜|实体店|别家|大牌))"
)
_COMPARING = ("比", "如", "有", "没", "像")  # 比上次少 complains of now, 以前漏水 does not
_DENIED_AFTER = ("都没有", "也没有", "都没", "也没", "全没", "全无", "是没有", "倒没有", "倒是没有")  # 一点塑料味都没有


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
        self.joined = self.wish = self.worry = False
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
        if entry.role == "opinion":
            self.say(place, word, entry)
        elif entry.role == "level":
            if self.terms and self.terms[-1] in self.known.levelled:
                self.say(place, word, entry._replace(loose=True))
        elif entry.role == "term":
            self.name(place, word, entry)
        elif entry.role == "negator":
            self.negated_from = place if not self.flips else self.negated_from
            self.flips, self.gap = self.flips + 1, 0
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

    def say(self, place: int, word: str, entry: Word) -> None:
        """An opinion: on its own aspect, else on the nouns before it, behind it or in the clause before."""
        sign = -entry.sign if self.flips % 2 else entry.sign
        if self.clause.startswith(_DENIED_AFTER, place + len(word)):
            sign = -sign
        if (self.worry and sign < 0) or self.wish:
            sign = 0
        written = self.clause[self.negated_from if self.flips else place : place + len(word)]
        if entry.aspect and not entry.loose:
            on = [entry.aspect]
        elif self.terms:
            on = list(dict.fromkeys(self.terms))
        elif self.wish:
            on = []  # a wish for nothing in particular
        else:
            behind = self.noun_behind(place + len(word))
            on = [behind or entry.aspect or self.last_term or self.carried or "overall"]
        denied = 0
        if sign > 0 and entry.aspect and (entry.sign < 0 or written[0] in "不没无未"):
            denied = 1
        elif sign < 0 < entry.sign:
            denied = -1
        self.found += [Opinion(aspect, written, sign, denied) for aspect in on]
        self.terms, self.joined = [], False
        self.forget_negation()

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
