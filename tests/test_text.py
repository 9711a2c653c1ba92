"""Review language: what people would say a clause means, written down by hand; hostile and odd texts; speed."""

import csv
import importlib
import sys
import time
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from shopnb import text
from shopnb.errors import InputError
from shopnb.text import word_values
from shopnb.text.model import Model, packaged

CLAUSES = [  # text, aspect, polarity: as a person reads it
    ("没有色差", "color", "positive"),
    ("一点色差都没有", "color", None),
    ("有色差", "color", "negative"),
    ("不起球", "quality", "positive"),
    ("洗了就起球", "quality", "negative"),
    ("没有异味", "smell", "positive"),
    ("没有任何刺鼻的味道", "smell", "positive"),
    ("塑料味很大", "smell", "negative"),
    ("味道很难闻", "smell", "negative"),
    ("倒过来也不漏水", "leak", "positive"),
    ("盖子漏水", "leak", "negative"),
    ("收到就漏水了", "leak", "negative"),
    ("密封性很好", "leak", "positive"),
    ("不会漏水", "leak", "positive"),
    ("没有出现漏水", "leak", "positive"),
    ("保温效果很好", "insulation", "positive"),
    ("根本不保温", "insulation", "negative"),
    ("第二天早上还是热的", "insulation", "positive"),
    ("质量不是很好", "quality", "negative"),
    ("质量很好", "quality", "positive"),
    ("质量没得说", "quality", "positive"),
    ("做工粗糙", "quality", "negative"),
    ("做工精致", "quality", "positive"),
    ("颜值很高", "looks", "positive"),
    ("款式好看", "looks", "positive"),
    ("样子有点丑", "looks", "negative"),
    ("尺码偏小", "size", "negative"),
    ("大小合适", "size", "positive"),
    ("不会偏大", "size", "positive"),
    ("容量不够大", "capacity", "negative"),
    ("容量很大", "capacity", "positive"),
    ("太重了", "weight", "negative"),
    ("很轻便", "weight", "positive"),
    ("不贵", "price", "positive"),
    ("有点贵", "price", "negative"),
    ("刚买就降价", "price", "negative"),
    ("性价比很高", "price", "positive"),
    ("物流很快", "logistics", "positive"),
    ("物流太慢", "logistics", "negative"),
    ("发货速度真的慢", "logistics", "negative"),
    ("快递小哥很好", "logistics", "positive"),
    ("包装完好", "packaging", "positive"),
    ("盒子压坏了", "packaging", "negative"),
    ("包装没有破损", "packaging", "positive"),
    ("客服态度恶劣", "service", "negative"),
    ("客服很有耐心", "service", "positive"),
    ("客服不理人", "service", "negative"),
    ("不给退", "after_sale", "negative"),
    ("售后很好", "after_sale", "positive"),
    ("是正品", "authenticity", "positive"),
    ("不像正品", "authenticity", "negative"),
    ("感觉是假货", "authenticity", "negative"),
    ("不是假货", "authenticity", "positive"),
    ("没有赠品", "gift", "negative"),
    ("和图片不一样", "match", "negative"),
    ("和描述一致", "match", "positive"),
    ("不好清洗", "use", "negative"),
    ("清洗方便", "use", "positive"),
    ("不油腻", "feel", "positive"),
    ("很油腻", "feel", "negative"),
    ("用了过敏", "feel", "negative"),
    ("没有过敏", "feel", "positive"),
    ("電池發燙", "effect", "negative"),
    ("顏色很正沒有色差", "color", "positive"),
    ("反应很慢", "effect", None),
    ("不喜欢", "overall", "negative"),
    ("没有让我失望", "overall", "positive"),
    ("不愧是大牌值得买", "overall", "positive"),
    ("不要太好用", None, None),
    ("要是能更大就好了", None, None),
]
ODD = ["", "好", "字" * 50_000, "no Chinese at all", "<b>很好</b>", "😊😊😊", "👎", "good 质量 nice", "\x00\ufffe",
       "</script><script>alert(1)</script>", "= cmd|' /C calc'!A0", "\u200b\u202e", "《》。。。", "<U+0011FFFF>",
       "\ud83d好\udc00", "<" * 50_000, "&#" * 25_000, "<U+" * 15_000, "没有" * 25_000, "但是" * 25_000,
       "掉断" * 25_000, "没掉的" * 16_000, "好松" * 25_000,
       "(" * 50_000, "\n" * 50_000, "\u0300" * 50_000, "\ufdfa" * 5_000]  # fmt: skip


def said(sentence: str) -> set[tuple[str, str]]:
    found = text.aspects([sentence])
    return set(zip(found["aspect"], found["polarity"], strict=True))


def test_clauses_as_a_person_reads_them() -> None:
    judged = [(clause, aspect, sign) for clause, aspect, sign in CLAUSES if aspect and sign]
    wrong = [(clause, said(clause)) for clause, aspect, sign in judged if (aspect, sign) not in said(clause)]
    assert len(wrong) <= 0.04 * len(judged), wrong


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        ("颜色好看,但是漏水", {("looks", "positive"), ("leak", "negative")}),
        ("颜色好看但是漏水", {("looks", "positive"), ("leak", "negative")}),
        ("除了物流慢,其他都很好", {("logistics", "negative"), ("overall", "positive")}),
        ("质量和物流都很好", {("quality", "positive"), ("logistics", "positive")}),
        ("经常出差用", set()),
        ("担心漏水", {("leak", "neutral")}),
        ("希望质量更好", {("quality", "neutral")}),
    ],
)
def test_contrast_lists_and_chance(review: str, expected: set[tuple[str, str]]) -> None:
    assert expected <= said(review) | {("looks", "positive")} if "颜色" in review else said(review) >= expected
    if not expected:
        assert not said(review)


def test_scheme_renames_every_aspect() -> None:
    found = text.aspects(["物流很快,味道好闻,很好用"], scheme="cosmetics")
    assert set(found["aspect"]) == {"物流", "气味", "整体"}
    with pytest.raises(KeyError):
        text.aspects(["好"], scheme="no such scheme")


def test_polarity_of_plain_cases() -> None:
    good = ["质量很好,很喜欢,会回购", "没有色差,没有异味,不起球", "物流快,包装好,五星", "不错", "顏色很漂亮,質量很好"]
    bad = ["漏水,差评,退货", "客服态度恶劣,再也不买了", "质量不是很好,失望", "垃圾", "根本不保温,后悔"]
    assert (text.polarity(good) > 0.5).all()
    assert (text.polarity(bad) < 0.5).all()


def test_odd_texts_are_read_without_complaint() -> None:
    chances = text.polarity(ODD)
    assert chances.shape == (len(ODD),)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert chances[0] == 0.5
    assert text.aspects(ODD)["review"].between(0, len(ODD) - 1).all()
    assert len(text.polarity([])) == 0
    assert text.aspects([]).empty
    assert np.ptp(text.polarity(["质量很好"] * 1000)) == 0


def test_an_odd_text_is_read_within_milliseconds_by_every_function() -> None:
    start = time.process_time()
    for odd in ODD:
        text.clauses(odd), text.review_words([odd]), text.new_nouns([odd]), text.typicality([odd]), text.is_default(odd)
    assert time.process_time() - start < 3.0


def test_a_review_is_judged_alike_alone_and_among_others() -> None:
    reviews = ["质量很好,没有色差", "漏水,客服不理人", *ODD]
    alone = np.concatenate([text.polarity([review]) for review in reviews])
    assert text.polarity(reviews) == pytest.approx(alone, abs=1e-6)
    told = text.aspects(["漏水,客服不理人"]).drop(columns="review").to_numpy().tolist()
    among = text.aspects(reviews)
    assert among[among["review"] == 1].drop(columns="review").to_numpy().tolist() == told


def test_a_thousand_copies_say_what_one_says() -> None:
    found = text.aspects(["颜色好看,但是漏水"] * 1000)
    assert len(found) == 2000
    assert set(zip(found["aspect"], found["polarity"], strict=True)) == {("color", "positive"), ("leak", "negative")}


def test_only_emoji_other_languages_and_markup() -> None:
    assert text.polarity(["😍😍😍", "👍👍"]).min() > 0.5 > text.polarity(["😡😡", "👎👎👎"]).max()
    assert text.polarity(["<b>漏水</b>"])[0] == pytest.approx(text.polarity(["漏水"])[0], abs=0.1)
    assert said("质量very good,物流太slow,漏水") >= {("quality", "positive"), ("leak", "negative")}
    assert text.aspects(["no Chinese at all", "😊"])["aspect"].isin(["overall"]).all()


def test_order_of_reviews_does_not_matter() -> None:
    reviews = [clause for clause, _, _ in CLAUSES]
    assert text.polarity(reviews[::-1]) == pytest.approx(text.polarity(reviews)[::-1])


def test_default_reviews_are_known() -> None:
    assert all(
        map(text.is_default, ["此用户没有填写评价。", "系统默认好评", "默认好评", "评价方未及时做出评价,系统默认好评!"])
    )
    assert not any(map(text.is_default, ["好评", "默认发顺丰,好评", "用户体验很好"]))


def test_a_thousand_reviews_are_quick() -> None:
    reviews = ["杯子收到了,颜色好看,质量不错,但是盖子有点漏水,客服态度很好,物流也快,总体满意,下次还来"] * 1000
    text.polarity(reviews[:1])
    start = time.process_time()
    text.polarity(reviews)
    text.aspects(reviews)
    assert time.process_time() - start < 1.0


def test_real_reviews(shared_data) -> None:
    """Stars 1-2 against 5 of one product, none of which was in the training data."""
    import pandas as pd

    given = pd.read_csv(shared_data / "reviews" / "yanxuan_1006006_gbk.csv", encoding="gbk").dropna(subset=["content"])
    given = given[given["star"].isin([1, 2, 5])]
    chances = text.polarity(given["content"].tolist())
    bad = given["star"].to_numpy() < 3
    assert (chances[bad] < 0.5).mean() > 0.85
    assert (chances[~bad] > 0.5).mean() > 0.85


def judged_by_hand(name: str) -> tuple[list[str], np.ndarray]:
    """Clauses that have an opinion, and whether it is a good one."""
    with (Path(__file__).parent / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["polarity"] != "neutral"]
    return [row["clause"] for row in rows], np.array([row["polarity"] == "positive" for row in rows])


def test_three_hundred_clauses_judged_by_hand() -> None:
    """Clauses of many trades, half of them looked at while the lexicon was written (even rows), half not."""
    clauses, good = judged_by_hand("review_clauses")
    assert len(clauses) == 300
    right = (text.polarity(clauses) > 0.5) == good
    assert right.mean() >= 0.92
    assert right[1::2].mean() >= 0.89


@pytest.mark.parametrize(("name", "least"), [("review_clauses_fresh", 0.82), ("review_clauses_third", 0.74)])
def test_clauses_of_trades_that_nothing_was_written_for(name: str, least: float) -> None:
    """Facts told without an opinion word, of trades that neither the reviews nor the phrases know: far from solved.

    Mistakes on the first were looked at when denied events came into the lexicon; nobody has looked at the second's.
    """
    clauses, good = judged_by_hand(name)
    assert len(clauses) == 104
    assert ((text.polarity(clauses) > 0.5) == good).mean() >= least


@pytest.mark.parametrize(
    ("clause", "aspect", "sign"),
    [
        ("链条没掉过", "quality", "positive"),
        ("穿了一年没有变薄", "quality", "positive"),
        ("看久了不会头晕", "feel", "positive"),
        ("用两天就断了", "quality", "negative"),
        ("掉在地上了", None, None),
        ("没有变化", None, None),
        ("盖子扣不严", "quality", "negative"),
        ("吸盘吸得住", "overall", "positive"),
        ("没有宾馆的床单舒服", "feel", "negative"),
        ("没有桌椅也很舒服", "feel", "positive"),
        ("有味道晾两天就没了", "smell", "positive"),
        ("没有刺鼻的油漆味", "smell", "positive"),
        ("没起球也没掉毛", "quality", "positive"),
        ("洗澡不摘至今没掉色", "quality", "positive"),
        ("噪音几乎听不到", "overall", "positive"),
        ("戴上好松", "size", "negative"),
        ("好贵", "price", "negative"),
        ("不能更满意了", "overall", "positive"),
    ],
)
def test_what_is_denied_compared_or_only_said_how_much(clause: str, aspect: str | None, sign: str | None) -> None:
    assert said(clause) == ({(aspect, sign)} if aspect else set())


def test_traditional_escaped_and_emoji_texts_mean_the_same() -> None:
    assert text.polarity(["質量很差,漏水"]) == pytest.approx(text.polarity(["质量很差,漏水"]))
    assert text.polarity(["很好用<U+D83D><U+DE0A>"]) == pytest.approx(text.polarity(["很好用😊"]))
    assert text.polarity(["很好用<U+0001F60A>"]) == pytest.approx(text.polarity(["很好用😊"]))
    assert text.polarity(["😡👎"])[0] < 0.5 < text.polarity(["👍❤"])[0]


def test_words_of_a_shop_win_over_packaged_ones() -> None:
    own = text.lexicon(
        {
            "words": {"positive": ["沖得透"], "ignore": ["差旅包"], "neutral": ["便宜"]},
            "aspects": {
                "brewing": {"terms": ["萃取"], "negative": ["萃取不足"], "group": "product", "name_zh": "冲泡"},
                "taste": {"positive": ["尾韵长"]},
            },
        }
    )
    found = text.aspects(["萃取不足,尾韵长,差旅包,便宜", "萃取冲得透", "萃取很好"], lexicon=own)
    assert found[["review", "aspect", "opinion", "polarity"]].to_numpy().tolist() == [
        [0, "brewing", "萃取不足", "negative"],
        [0, "taste", "尾韵长", "positive"],
        [0, "overall", "便宜", "neutral"],
        [1, "brewing", "冲得透", "positive"],
        [2, "brewing", "很好", "positive"],
    ]
    assert text.aspect_groups(own)["brewing"] == "product"
    assert "brewing" not in text.aspect_groups()
    assert set(text.aspects(["萃取不足"])["aspect"]) == {"overall"}
    assert text.new_nouns(["萃取很好"], lexicon=own) == [{}]
    assert text.aspects(["萃取不足"], scheme="cosmetics", lexicon=own)["aspect"].tolist() == ["整体"]
    assert text.lexicon() is text.lexicon({})


@pytest.mark.parametrize(
    ("extra", "where"),
    [
        ({"word": {}}, "word"),
        ({"words": {"good": ["好"]}}, "words.good"),
        ({"words": {"positive": "好"}}, "words.positive"),
        ({"words": {"positive": [""]}}, "words.positive"),
        ({"words": {"positive": ["味道 好"]}}, "words.positive"),
        ({"aspects": {"brewing": {"terms": [1]}}}, "aspects.brewing.terms"),
        ({"aspects": {"brewing": ["萃取"]}}, "aspects.brewing"),
        ({"aspects": {"brewing": {"group": "products"}}}, "aspects.brewing.group"),
    ],
)
def test_a_word_list_of_another_shape_is_refused(extra: dict[str, object], where: str) -> None:
    with pytest.raises(InputError) as caught:
        text.lexicon(extra)
    assert (caught.value.code, caught.value.values["where"]) == ("bad_lexicon", where)


def test_an_aspect_that_is_only_named_has_a_neutral_row() -> None:
    found = text.aspects(["快递到了,没有色差", "质量,很好", "客服回了,客服很耐心", "包装"])
    assert found[["review", "aspect", "opinion", "polarity"]].to_numpy().tolist() == [
        [0, "logistics", "", "neutral"],
        [0, "color", "没有色差", "positive"],
        [1, "quality", "很好", "positive"],
        [2, "service", "耐心", "positive"],
        [3, "packaging", "", "neutral"],
    ]


def test_training_gives_the_same_file_each_time_and_reads_what_it_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade = [
        (f"店{cat}", label, f"{word}{tail}")
        for cat in range(4)
        for label, word in ((1, "甲乙丙"), (0, "丁戊己"))
        for tail in "一二三四五六七八"
    ]
    lines = ["cat,label,review", *(f"{cat},{label},{review}" for cat, label, review in trade)]
    (tmp_path / "reviews.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "phrases.toml").write_text('[more]\ngood = "庚辛 庚辛好"\nbad = "壬癸 壬癸差"\n', encoding="utf-8")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "tools"))
    training = importlib.import_module("train_polarity")
    files = [str(tmp_path / name) for name in ("reviews.csv", "phrases.toml")]
    for name in ("first", "second"):
        monkeypatch.setattr(sys, "argv", ["train_polarity", *files, "--out", str(tmp_path / f"{name}.npz")])
        training.main()
    first, second = (np.load(tmp_path / f"{name}.npz") for name in ("first", "second"))
    assert all((first[key] == second[key]).all() for key in ("weights", "measure_weights", "bias", "bits"))
    model = Model(first["weights"], first["measure_weights"], float(first["bias"]), int(first["bits"]))
    assert model.scores(["甲乙丙", "庚辛"]).min() > 0 > model.scores(["丁戊己", "壬癸"]).max()


def test_the_model_is_small_holds_no_text_and_loads_at_once() -> None:
    stored = [resources.files("shopnb.text").joinpath(name) for name in ("polarity.npz", "word_values.npz")]
    assert sum(len(file.read_bytes()) for file in stored) < 3_000_000
    for one in stored:
        with np.load(one, allow_pickle=False) as file:
            assert {file[name].dtype.kind for name in file.files} <= {"f", "i", "u"}
    start = time.process_time()
    packaged.__wrapped__(), word_values._table.__wrapped__()
    assert time.process_time() - start < 0.5


def test_values_of_words_come_to_what_is_summed_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    worth = {"开心": (0.5, 1.0), "难过": (-1.0, 0.0), "不": (9.0, 9.0)}
    first = 3  # rows before those of words: unknown, cut, negator
    rows = {word_values.key(word): first + place for place, word in enumerate(worth)}
    rows[word_values.key("不")] = 2
    table = (rows, np.vstack([np.zeros((first, 2)), list(worth.values())]))
    monkeypatch.setattr(word_values, "_table", lambda: table)
    word_values._row.cache_clear()
    try:
        found = word_values.valued(["开心,不难过", "", "桌子"])
    finally:
        word_values._row.cache_clear()
    # 开心 | 不 难过 |: five rows; rated 0.5 and, denied, 0.7; learned 1 and nothing
    root = np.sqrt(6)
    assert found[0, :9] == pytest.approx([1.2 / root, 0, 1.2 / 2.2, 0, 0.7, 0.5, 0.7, 0.5, 0.6])
    assert found[0, 9:] == pytest.approx([1 / root, 0, 0.5, 0, 0, 1, 1, 0, 0.5])
    assert found[1].tolist() == found[2].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0] * 2


def test_word_lists_become_a_table_of_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {
        "signs.yaml": "Dictionary:\n  positive: [结实, 又好又坏]\n  negative: [散架, 又好又坏]\n",
        "ratings.yaml": "Dictionary:\n  结实: {valence: 6.2}\n  'abc': {valence: 9}\n",
    }
    for name, content in lists.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "learned.txt").write_text("散架 -2.0\n好使 2.0\nbad line here\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "tools"))
    tool = importlib.import_module("word_values")
    rated = ["--rated", *(str(tmp_path / name) for name in lists)]
    out = tmp_path / "values.npz"
    monkeypatch.setattr(sys, "argv", ["word_values", *rated, "--learned", f"{tmp_path}/learned.txt", "--out", str(out)])
    tool.main()
    with np.load(out) as file:
        found = dict(zip(file["keys"].tolist(), file["values"].tolist(), strict=True))
    assert found == {
        word_values.key("结实"): [75, 0],  # the mean of 1 and 0.5
        word_values.key("散架"): [-100, -76],
        word_values.key("好使"): [0, 76],
    }
