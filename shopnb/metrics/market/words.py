"""Which words and attributes of titles carry sales, compared within price bands (MS2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, special

from shopnb.memory import remembered
from shopnb.metrics.market.goods import Goods
from shopnb.metrics.market.size import LEVEL, is_own
from shopnb.stats import fit_censored, holm
from shopnb.stats.estimate import normal_quantile
from shopnb.text import word_table

LEAST_GOODS = 12  # goods with a word, and without it
LEAST_SHARE = 0.02  # of the goods
WORDS_SHOWN = 40
WORD_LEVEL = 0.975  # all words together, over all bands and within one: one market in twenty without any difference
# shows a word
WORDS_READ = 50_000  # goods whose titles are read; of more, every so-manieth


@dataclass(frozen=True)
class Words:
    """Words of titles and the money behind them.

    `frame` has one row a word, the clearest first: `word`, `goods`, `goods_share`, `money_share`, `ratio` (money of
    goods with the word ÷ money they would have if every good of a price band had the same), `ratio_low`,
    `ratio_high`, `ratio_without` (the same of goods without the word), `holds` (beyond chance after Holm, and without
    its largest good too), `shops` (that use it), `own` (own goods with it), `own_without`, `examples` (starts of
    two titles).
    `code` says why there is none: `no_listings`, `one_bucket`, `too_few_listings`, `no_words`. `within` is the band
    whose goods alone were read, None: all.
    """

    frame: pd.DataFrame
    code: str | None = None
    within: int | None = None


_COLUMNS = (
    "word", "goods", "goods_share", "money_share", "ratio", "ratio_low", "ratio_high", "ratio_without", "holds",
    "shops", "own", "own_without", "examples",
)  # fmt: skip


@remembered
def title_word_shares(
    goods: Goods, *, edges: Sequence[float] = (), within: int | None = None, own_shop: str = "", level: float = LEVEL
) -> Words:
    """Money behind the words of titles, each compared with the goods of its own price band.

    Words of which one shop has half of the goods or more (its brand) are left out.

    Parameters
    ----------
    edges : edges between price bands.
    within : only the goods of this band; None: all, band by band.

    Notes
    -----
    ratio = Σ money of goods with the word ÷ Σ over bands of (goods with it × mean money of the band). Its range is
    that of chance among goods, on the log scale: the mean of the relative variance among goods with the word and
    among all of the bands. Whether a word goes beyond
    chance is tested on the mean of log money within the bands, which no single hit decides. Money is the expected
    count × price. Words hang together: a word may only travel with what sells.
    """
    frame = goods.frame[goods.frame["price"].notna() & goods.frame["sold_low"].notna()]
    band = np.searchsorted(list(edges), frame["price"].to_numpy(), side="right")
    model = fit_censored(frame["sold_low"], frame["sold_high"])
    if model.code:
        return Words(pd.DataFrame(columns=_COLUMNS), model.code, within)
    money = model.expected * frame["price"].to_numpy()
    kept = np.ones(len(frame), bool) if within is None else band == within
    kept &= np.arange(len(frame)) % max(1, math.ceil(len(frame) / WORDS_READ)) == 0
    frame, band, money = frame[kept], band[kept], money[kept]
    least = max(LEAST_GOODS, math.ceil(LEAST_SHARE * len(frame)))
    titles = frame["title"].fillna("").astype(str).tolist()
    words, holds = word_table(titles, least=least, most=len(frame) - least)
    words, holds = _of_many_shops(words, holds, pd.factorize(frame["shop_name"].fillna(""))[0])
    if not words:
        return Words(pd.DataFrame(columns=_COLUMNS), "no_words", within)
    count = np.bincount(band)
    mean = np.bincount(band, money) / np.maximum(count, 1)
    due = holds.T @ mean[band]
    got = holds.T @ money
    spread = np.bincount(band, np.square(money - mean[band])) / np.maximum(count - 1, 1)
    used = np.asarray(holds.sum(axis=0)).ravel()
    own_spread = np.maximum(holds.T @ np.square(money) - got**2 / used, 0.0) * used / np.maximum(used - 1, 1)
    own_error = own_spread / np.square(np.maximum(got, 1e-12))
    error = np.sqrt((own_error + (holds.T @ spread[band]) / np.square(np.maximum(due, 1e-12))) / 2)
    ratio = got / due
    z = _typical_gap(holds, band, money)
    sure = holm(list(2 * special.ndtr(-np.abs(z))), level=WORD_LEVEL)
    largest = np.asarray(holds.multiply(money[:, None]).max(axis=0).todense()).ravel()
    rest = (got - largest) / np.maximum(due - due / used, 1e-12)
    reach = np.exp(normal_quantile(level) * error)
    own = is_own(frame["shop_name"], own_shop).astype(float)
    own_with = holds.T @ own
    total, without = money.sum(), len(frame) - used
    table = pd.DataFrame(
        {
            "word": words,
            "goods": used.astype(int),
            "goods_share": used / len(frame),
            "money_share": got / total,
            "ratio": ratio,
            "ratio_low": ratio / reach,
            "ratio_high": ratio * reach,
            "ratio_without": np.where(without > 0, (total - got) / np.maximum(total - due, 1e-12), math.nan),
            "holds": [
                held and (gap > 0) == (rise > 1) == (left > 1)
                for held, gap, rise, left in zip(sure, z, ratio, rest, strict=True)
            ],
            "own": own_with.astype(int),
            "own_without": (own.sum() - own_with).astype(int),
        }
    )
    order = np.lexsort((table["word"], -np.abs(z), ~table["holds"].to_numpy(bool)))[:WORDS_SHOWN]
    table = table.iloc[order].reset_index(drop=True)
    by_money = np.argsort(-money, kind="stable")
    columns = holds.tocsc()
    sellers = pd.factorize(frame["shop_name"])[0]
    examples, shops = [], []
    for place in order:
        inside = columns.indices[columns.indptr[place] : columns.indptr[place + 1]]
        shops.append(len(np.unique(sellers[inside])))
        ranked = by_money[np.isin(by_money, inside)][:2]
        examples.append(" / ".join(titles[row][:14] for row in ranked))
    return Words(table.assign(examples=examples, shops=shops)[list(_COLUMNS)], None, within)


def _of_many_shops(
    words: list[str], holds: sparse.csr_matrix, sellers: np.ndarray
) -> tuple[list[str], sparse.csr_matrix]:
    """Words without those of which one shop has half of the goods."""
    columns = holds.tocsc()
    kept = []
    for place in range(len(words)):
        inside = columns.indices[columns.indptr[place] : columns.indptr[place + 1]]
        if np.bincount(sellers[inside]).max() * 2 < len(inside):
            kept.append(place)
    return [words[place] for place in kept], holds[:, kept]


def _typical_gap(holds: sparse.csr_matrix, band: np.ndarray, money: np.ndarray) -> np.ndarray:
    """z of the mean log money of goods with a word against those without it, band by band."""
    logs = np.log1p(money)
    count = np.bincount(band)
    centred = logs - (np.bincount(band, logs) / np.maximum(count, 1))[band]
    used = np.asarray(holds.sum(axis=0)).ravel()
    variance = np.square(centred).sum() / max(len(logs) - (count > 0).sum(), 1)
    share = used / len(logs)
    return np.asarray((holds.T @ centred) / np.sqrt(np.maximum(variance * used * (1 - share), 1e-12)))
