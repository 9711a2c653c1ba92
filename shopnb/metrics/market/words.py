"""Which words and attributes of titles carry sales, compared within price bands (MS2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, special

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
EDGE_SHIFTS = (0.9, 1.1)  # edges of bands a tenth lower and higher: what a word says must not hang on their place
WORDS_READ = 50_000  # goods whose titles are read; of more, every so-manieth


@dataclass(frozen=True)
class Words:
    """Words of titles and the money behind them.

    `frame` has one row a word, the clearest first: `word`, `goods`, `goods_share`, `money_share`, `ratio` (money of
    goods with the word ÷ money they would have if every good of a price band had the same), `ratio_low`, `ratio_high`
    (chance, and edges of bands a tenth lower or higher), `ratio_without` (the same of goods without the word), `holds`
    (beyond chance after Holm, without its largest good and with those other edges too), `shops` (that use it), `own`
    (own goods with it), `own_without`, `examples` (starts of two titles).
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
    placed = [
        band,
        *(np.searchsorted(np.multiply(edges, shift), frame["price"], side="right") for shift in EDGE_SHIFTS),
    ]
    read = np.arange(len(frame)) % max(1, math.ceil(len(frame) / WORDS_READ)) == 0
    near = read if within is None else read & np.any([one == within for one in placed], axis=0)
    frame, money, placed = frame[near], money[near], [one[near] for one in placed]
    chosen = [np.ones(len(frame), bool) if within is None else one == within for one in placed]
    least = max(LEAST_GOODS, math.ceil(LEAST_SHARE * chosen[0].sum()))
    titles = frame["title"].fillna("").astype(str).tolist()
    words, holds_near = word_table(titles, least=least, most=len(frame) - least)
    inside = np.asarray(holds_near[chosen[0]].sum(axis=0)).ravel()
    common = np.flatnonzero((inside >= least) & (inside <= chosen[0].sum() - least))
    words, holds_near = [words[place] for place in common], holds_near[:, common]
    words, holds_near = _of_many_shops(words, holds_near, pd.factorize(frame["shop_name"].fillna(""))[0], chosen[0])
    if not words:
        return Words(pd.DataFrame(columns=_COLUMNS), "no_words", within)
    found, *moved = (
        _against(holds_near[rows], one[rows], money[rows], level) for rows, one in zip(chosen, placed, strict=True)
    )
    frame, money, holds = frame[chosen[0]], money[chosen[0]], holds_near[chosen[0]]
    titles = [title for title, is_in in zip(titles, chosen[0], strict=True) if is_in]
    ratio, z, used = found["ratio"], found["z"], found["used"]
    sure = holm(list(2 * special.ndtr(-np.abs(z))), level=WORD_LEVEL)
    same = np.all([one["settled"] & ((one["ratio"] > 1) == (ratio > 1)) for one in moved], axis=0)
    own = is_own(frame["shop_name"], own_shop).astype(float)
    own_with = holds.T @ own
    total, without, got, due = money.sum(), len(frame) - used, found["got"], found["due"]
    table = pd.DataFrame(
        {
            "word": words,
            "goods": used.astype(int),
            "goods_share": used / len(frame),
            "money_share": got / total,
            "ratio": ratio,
            "ratio_low": np.nanmin([found["low"], *(one["ratio"] for one in moved)], axis=0),
            "ratio_high": np.nanmax([found["high"], *(one["ratio"] for one in moved)], axis=0),
            "ratio_without": np.where(without > 0, (total - got) / np.maximum(total - due, 1e-12), math.nan),
            "holds": [
                held and bool(stays) and (gap > 0) == (rise > 1) == (left > 1)
                for held, stays, gap, rise, left in zip(sure, same, z, ratio, found["rest"], strict=True)
            ],
            "own": own_with.astype(int),
            "own_without": (own.sum() - own_with).astype(int),
        }
    )
    order = np.lexsort((table["word"], -np.abs(z), ~table["holds"].to_numpy(bool)))[:WORDS_SHOWN]
    examples, shops = _who_has_it(order, holds.tocsc(), money, titles, pd.factorize(frame["shop_name"])[0])
    return Words(
        table.iloc[order].reset_index(drop=True).assign(examples=examples, shops=shops)[list(_COLUMNS)], None, within
    )


def _who_has_it(
    order: np.ndarray, columns: sparse.csc_matrix, money: np.ndarray, titles: Sequence[str], sellers: np.ndarray
) -> tuple[list[str], list[int]]:
    """The starts of the two best titles of each word, and how many shops use it."""
    by_money = np.argsort(-money, kind="stable")
    examples, shops = [], []
    for place in order:
        inside = columns.indices[columns.indptr[place] : columns.indptr[place + 1]]
        shops.append(len(np.unique(sellers[inside])))
        ranked = by_money[np.isin(by_money, inside)][:2]
        examples.append(" / ".join(titles[row][:14] for row in ranked))
    return examples, shops


def _against(holds: sparse.csr_matrix, band: np.ndarray, money: np.ndarray, level: float) -> dict[str, np.ndarray]:
    """Each word's money against that of its goods' bands.

    `used` (goods), `got`, `due`, `ratio` with `low` and `high`, `rest` (the ratio without the largest good), `z` of the
    mean log money, and `settled`: beyond chance taken alone. NaN, and not settled, where no good has the word.
    """
    count = np.bincount(band)
    mean = np.bincount(band, money) / np.maximum(count, 1)
    due, got = holds.T @ mean[band], holds.T @ money
    spread = np.bincount(band, np.square(money - mean[band])) / np.maximum(count - 1, 1)
    used = np.asarray(holds.sum(axis=0)).ravel()
    some = np.where(used > 0, used, math.nan)
    own_spread = np.maximum(holds.T @ np.square(money) - got**2 / some, 0.0) * used / np.maximum(used - 1, 1)
    own_error = own_spread / np.square(np.maximum(got, 1e-12))
    error = np.sqrt((own_error + (holds.T @ spread[band]) / np.square(np.maximum(due, 1e-12))) / 2)
    ratio = got / np.where(due > 0, due, math.nan)
    reach = np.exp(normal_quantile(level) * error)
    largest = np.asarray(holds.multiply(money[:, None]).max(axis=0).todense()).ravel()
    rest = (got - largest) / np.maximum(due - due / some, 1e-12)
    z = _typical_gap(holds, band, money)
    settled = (np.abs(z) > normal_quantile(level)) & np.isfinite(ratio)
    return {"used": used, "got": got, "due": due, "ratio": ratio, "low": ratio / reach, "high": ratio * reach,
            "rest": rest, "z": z, "settled": settled}  # fmt: skip


def _of_many_shops(
    words: list[str], holds: sparse.csr_matrix, sellers: np.ndarray, rows: np.ndarray
) -> tuple[list[str], sparse.csr_matrix]:
    """Words without those of which one shop has half of the goods among these rows."""
    columns, sellers = holds[rows].tocsc(), sellers[rows]
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
