"""Personal data at the door: which headers are dropped unread, what replaces a buyer's name, what a message may show.

Belongs here: the patterns (domain.md, appendix B), the keyed hash, the province of an address. What buyers write is
masked by `masking`.
"""

from __future__ import annotations

import hmac
import re

from shopnb.schema import MASK

_HEADERS = re.compile(
    r"收货人|收件人|姓名|手机|电话|固话|地址|支付宝|会员名|会员昵称|买家昵称|昵称|旺旺(?!咨询)|买家账号|用户名"
    r"|物流单号|运单号|快递单号|备注|备忘|留言|退款说明|退货说明|子账号|子帐号|操作人|经办|客服名|发票|抬头|税号"
    r"|身份证|邮箱|微信|对方(?:账号|账户|名称)|(?<![a-z])qq|虚拟号|支付单号|交易号|银行|户名"
    r"|phone|mobile|(?<![a-z])tel(?![a-z])|address|e-?mail|nick|buyer|receiver|consignee|recipient|user_?name",
)
_NOT_HEADERS = re.compile(r"^是否|^(?!.*(?:名|账号|昵称|id)).*(?:人数|买家数|次数|金额|率|均值|件数|量)$")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4})(?!\d)")
_ID_CARD = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+")
_PROVINCE = re.compile(
    "北京|天津|上海|重庆|河北|山西|内蒙古|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南"
    "|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|台湾|香港|澳门"
)


def is_personal(header: str) -> bool:
    """Whether a folded header names personal data. Counts of people (会员成交人数) do not."""
    return bool(_HEADERS.search(header)) and not _NOT_HEADERS.match(header)


def keyed_hash(value: str, key: bytes) -> str:
    """20 hexadecimal digits that stand for a person within one shop folder."""
    return hmac.digest(key, value.encode("utf-8"), "sha256").hex()[:20]


def mask_phones(text: str) -> str:
    """The text with phone-like numbers, id-card numbers and e-mail addresses masked.

    Examples
    --------
    >>> mask_phones("打 13800138000 或写 a.b@example.com"), mask_phones("编号 549474661845")
    ('打 […] 或写 […]', '编号 549474661845')
    """
    return _EMAIL.sub(MASK, _PHONE.sub(MASK, _ID_CARD.sub(MASK, text)))


def mask_all(text: str) -> str:
    """A value of a file with personal columns, as far as it may be shown: letters and long numbers masked."""
    return re.sub(r"[^\W\d_]+|\d{5,}", MASK, text)


def province_of(address: str) -> str | None:
    """The province that an address begins with, in its short form; None when it begins with none.

    Examples
    --------
    >>> province_of("内蒙古自治区"), province_of("浙江省 杭州市 某路 1 号"), province_of("某路 1 号")
    ('内蒙古', '浙江', None)
    """
    match = _PROVINCE.match(address.strip())
    return match.group() if match else None
