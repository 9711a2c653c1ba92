"""Findings: what stands out, how sure, what to do. Codes and values; `labels` makes the sentences.

Belongs here: the Finding itself, ranking, and the rules that turn numbers into findings. No sentence, no chart.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

OWNERS = (
    "operator",
    "designer",
    "copywriter",
    "ads",
    "presale",
    "aftersale",
    "warehouse",
    "purchasing",
    "finance",
    "boss",
)
SURE, LIKELY = 0.90, 0.70  # 把握: high, middle; below is low and never leads (pages.md 2.0)


@dataclass(frozen=True)
class Finding:
    """One thing that stands out.

    Parameters
    ----------
    code : stable English name; its sentences are `findings.<code>.headline`, `.action`, `.mind` in the labels.
    domain : id of the rule in the domain catalogue (TR4, LT9 …).
    amount, low, high : money per 30 days at stake, signed: negative is lost, positive is gained. NaN when it cannot
        be given; then `no_amount` says why (a label key under `findings.no_amount`).
    basis : `margin` or `payment`; one basis on a page.
    confidence : probability 0-1 that the stated direction is right.
    values : evidence, named as the sentences need it.
    owner : who acts, one of `OWNERS`.
    review_on : the day to look again.
    same_cause_as : code of the finding whose money already holds this one's.
    """

    code: str
    domain: str
    confidence: float
    owner: str
    basis: str = "payment"
    amount: float = math.nan
    low: float = math.nan
    high: float = math.nan
    no_amount: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    review_on: dt.date | None = None
    same_cause_as: str | None = None

    def __post_init__(self) -> None:
        if self.owner not in OWNERS:
            raise ValueError(f"{self.code}: owner {self.owner!r} is not one of {', '.join(OWNERS)}")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"{self.code}: confidence {self.confidence} is not a probability")
        if math.isnan(self.amount) and not self.no_amount:
            raise ValueError(f"{self.code}: without an amount, no_amount must say why")
        if not math.isnan(self.amount) and not self.low <= self.amount <= self.high:
            raise ValueError(f"{self.code}: {self.amount} is outside its range {self.low} to {self.high}")

    @property
    def is_sure(self) -> bool:
        """Whether it may lead the page; a finding of low confidence is only "to be confirmed"."""
        return self.confidence >= LIKELY

    @property
    def at_stake(self) -> float:
        """Size of the money, for ranking; 0 where it cannot be given."""
        return 0.0 if math.isnan(self.amount) else abs(self.amount)


def rank(findings: Iterable[Finding]) -> list[Finding]:
    """Largest money first; a finding with the same cause as another follows it; low confidence comes last.

    Ties and findings without money keep the order given, so the same input gives the same page.
    """
    given = list(findings)
    leads = [finding for finding in given if finding.same_cause_as is None]
    leads.sort(key=lambda finding: (not finding.is_sure, -finding.at_stake))
    ranked: list[Finding] = []
    for lead in leads:
        ranked.append(lead)
        ranked += [follower for follower in given if follower.same_cause_as == lead.code]
    orphans = [finding for finding in given if finding not in ranked]
    return ranked + orphans
