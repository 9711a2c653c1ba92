"""Personal data in what buyers write: masked in whatever disguise; prices, sizes, models and opinions stay."""

import gzip
import re

import pandas as pd
import pytest

from shopnb.intake.masking import masked

MOBILES = [
    "13800138000", "138 0013 8000", "138-0013-8000", "138.0013.8000", "1380 013 8000", "138/0013/8000",
    "+86 13800138000", "86-138-0013-8000", "1 3 8 0 0 1 3 8 0 0 0", "13 80 01 38 000",
    "１３８００１３８０００", "①③⑧⓪⓪①③⑧⓪⓪⓪", "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣",
    "一三八零零一三八零零零", "幺三八〇〇幺三八〇〇〇", "1三8零013八000", "壹叁捌零零壹叁捌零零零", "l38OO138OOO",
]  # fmt: skip
ACCOUNTS = [
    "加微信abc12345", "加V:xiaoming88", "加v xiao_ming", "➕V:qwe123456", "威信 lic770", "薇❤abcdef1",
    "V信:zhangsan2020",
    "vx:abcdefg", "VX abcd1234", "wx号hello_kitty", "我的wechat id: foo-bar1", "加薇zzz8888", "＋ｖ　ｘｙｚ１２３",
    "V:abc1234567",
    "qq:383161223", "QQ群 1 2 3 4 5 6 7", "扣扣12345678", "abc_2020是我微信", "lovely123微信联系", "联系我微信:丽丽_99",
    "telegram: shop_2020", "绿泡泡 abc-123",
]  # fmt: skip
OTHERS = [
    "a.b@example.com", "a.b(at)example.com", "ａｂ．ｃｄ＠ｅｘａｍｐｌｅ．ｃｏｍ", "https://example.com/x?id=1",
    "http:t.cn/zl7Xr4E",
    "www.example.com", "go.example.cn/a_1.html", "¥AbCdEf12345¥", "@某某是某某", "身份证330106199001011234",
    "身份证３３０１０６１９９００１０１１２３４", "订单号:1442083355", "卡号6222 0212 3456 7890 123",
    "02800923158", "010-59222799",
    "400-820-6666", "寄到杭州市西湖区文三路12号3栋502室", "幸福小区12栋1单元502", "上海赤峰路63号",
]  # fmt: skip
PLAIN = [
    "尺码170,175/96A,体重130斤", "199元,原价299,满399减50", "1399 1299 999三个价", "买了138的,花了1380元", "12,345元",
    "型号KF-7788,iPhone13 Pro Max 256G", "显卡RTX4090,cpu i7-12700", "SPF50+ PA+++", "充电5V2A,电池5000mAh",
    "电池20000毫安", "跑分95000左右", "生产日期20231105", "2024.08.30 12:30:45收到", "55555555好难过", "66666666",
    "一二三四五,都齐", "一路8号到的", "6号楼的623", "二号楼328元", "2号发货,18号才到,30号签收", "第一次买,一天二次",
    "身高165 体重110 穿M码", "胸围88 腰围70 臀围92", "140/150/160都有", "70x140cm 60*90", "8.5分", "99.99%纯棉",
    "聊微信iPad更清晰", "看微信facebook都行", "玩微信、QQ很流畅", "加VIP的小说", "加微波炉也能用",
    "加威士忌", "+v领很好看",
    "wx的衣服", "我叫客服处理", "我叫快递送上门", "对于女士来说", "先生很喜欢", "快递员王师傅很好", "名字很好听",
    "牌子名字李宁", "空调得弄一弄", "口红 316 999 1935", "Nintendo Switch", "不是很好看但是质量没得说",
]  # fmt: skip


@pytest.mark.parametrize("written", MOBILES)
def test_a_mobile_number_leaves_no_digit_in_any_disguise(written):
    found = masked(f"有需要{written}联系")
    assert found.startswith("有需要[…]")
    assert found.endswith("联系")
    assert len(found) <= len("有需要[…]联系") + 4  # of a bracket or country code at most


@pytest.mark.parametrize("written", [*ACCOUNTS, *OTHERS])
def test_accounts_links_numbers_and_addresses_are_masked(written):
    found = masked(f"不错,{written},好用")
    assert "…]" in found
    assert found.startswith("不错,")
    assert found.endswith(",好用")
    assert not re.search(r"\d{4}", found)


@pytest.mark.parametrize("written", PLAIN)
def test_prices_sizes_models_and_days_stay(written):
    assert masked(written) == written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("我叫张三,地址不对", "我叫[…],地址不对"),
        ("收件人:王小明", "收件人:[…]"),
        ("联系人李雷 已收到", "联系人[…] 已收到"),
        ("13800138000 李先生(上海赤峰路63号)", "[…] […]先生([…])"),
        ("微信13800138000同号", "微信[…]同号"),
        ("喜欢<U+0001F60A>加V:abc_2026,<U+0001F60A>", "喜欢😊加V:[…],😊"),
        (None, None),
        ("", ""),
    ],
)
def test_what_is_around_stays(written, shown):
    assert masked(written) == shown


def test_hostile_lengths_end():
    for text in (
        "1" * 50_000,
        "a" * 50_000,
        "微信" * 20_000,
        "1 " * 20_000,
        "路1号" * 15_000,
        "@" * 50_000,
        "a." * 25_000,
    ):
        assert isinstance(masked(text), str)


def test_real_reviews_lose_hardly_anything_but_personal_data(shared_data):
    with gzip.open(shared_data / "reviews" / "online_shopping_8_cats.csv.gz", "rt", encoding="utf-8") as file:
        texts = pd.read_csv(file)["review"].dropna().astype(str).tolist()[::3]
    shown = [masked(text) for text in texts]
    changed = [(before, after) for before, after in zip(texts, shown, strict=True) if before != after]
    assert 0 < len(changed) / len(texts) < 0.008
    assert not [after for _, after in changed if re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)|[\w.]+@\w+\.com|https?:", after)]
    assert sum(text.count("质量") for text in texts) == sum(text.count("质量") for text in shown)
