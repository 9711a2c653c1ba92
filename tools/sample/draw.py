"""Random draws that are the same on every Python version and platform.

Only `random.Random.random` is used, with plain sums and square roots: library distributions change between versions,
and so does the built-in `sum` of floats, which is exact to more digits from Python 3.12 on.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def added(values: Iterable[float]) -> float:
    """The floats added from left to right."""
    total = 0.0
    for value in values:
        total += value
    return total


class Stream:
    """A named stream of draws; streams of different names do not disturb one another."""

    def __init__(self, seed: int, name: str) -> None:
        self.share = random.Random(f"{seed}/{name}").random  # uniform in [0, 1)

    def normal(self) -> float:
        """Standard normal, as twelve uniforms less six."""
        return added(self.share() for _ in range(12)) - 6.0

    def around(self, value: float, spread: float) -> float:
        """`value` with a relative normal noise of `spread`."""
        return value * (1.0 + spread * self.normal())

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.share() * (high - low + 1))

    def happens(self, chance: float) -> bool:
        """True with probability `chance`."""
        return self.share() < chance

    def count(self, mean: float) -> int:
        """Poisson count."""
        if mean > 30:
            return max(0, round(mean + math.sqrt(mean) * self.normal()))
        left, events = self.share() - math.exp(-mean), 0
        chance = math.exp(-mean)
        while left >= 0 and events < 200:
            events += 1
            chance *= mean / events
            left -= chance
        return events

    def successes(self, tries: int, chance: float) -> int:
        """Binomial count: exact for few tries, normal for many."""
        if tries <= 40:
            return sum(self.happens(chance) for _ in range(tries))
        mean = tries * chance
        if mean < 25:
            return min(tries, self.count(mean))
        return min(tries, max(0, round(mean + math.sqrt(mean * (1 - chance)) * self.normal())))

    def pick(self, things: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of `things`, by weight if weights are given."""
        if weights is None:
            return things[int(self.share() * len(things))]
        point = self.share() * added(weights)
        for thing, weight in zip(things, weights, strict=True):
            point -= weight
            if point < 0:
                return thing
        return things[-1]

    def split(self, total: int, weights: Sequence[float]) -> list[int]:
        """`total` dealt out by weight (multinomial); the parts sum to `total`."""
        parts, left, rest = [], total, added(weights)
        for weight in weights:
            part = left if weight >= rest else self.successes(left, weight / rest)
            parts.append(part)
            left -= part
            rest -= weight
        parts[-1] += left
        return parts

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """A new list in random order."""
        return [thing for _, thing in sorted(((self.share(), thing) for thing in things), key=lambda pair: pair[0])]
