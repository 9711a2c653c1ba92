"""The sector table of an old `.xls`: whether its chains end.

A damaged table can chain a sector to itself; the workbook reader would then follow it until memory is gone.
"""

from __future__ import annotations

import struct

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_REGULAR = 0xFFFFFFFA  # greater numbers mark ends, free sectors and the tables' own sectors
_IN_HEADER = 109


def chains_end(data: bytes) -> bool:
    """Whether the sector tables of an OLE file are readable and no chain in them runs in a circle."""
    try:
        shift = struct.unpack_from("<H", data, 30)[0]
        mini_start = struct.unpack_from("<I", data, 60)[0]
        if shift not in (9, 12):
            return False
        table = _sector_table(data, 1 << shift)
        if not _ends(table):
            return False
        mini: list[int] = []
        while mini_start <= _LAST_REGULAR:
            mini += _numbers(data, mini_start, 1 << shift)
            mini_start = table[mini_start]
    except (struct.error, IndexError):
        return False
    return _ends(mini)


def _numbers(data: bytes, sector: int, size: int) -> list[int]:
    return list(struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size))


def _sector_table(data: bytes, size: int) -> list[int]:
    """For each sector the number of the next one in its chain."""
    count, more = struct.unpack_from("<I", data, 44)[0], struct.unpack_from("<I", data, 68)[0]
    sectors = list(struct.unpack_from(f"<{_IN_HEADER}I", data, 76))
    seen: set[int] = set()
    while more <= _LAST_REGULAR:
        if more in seen:
            raise IndexError(more)
        seen.add(more)
        *numbers, more = _numbers(data, more, size)
        sectors += numbers
    if count > len(sectors) or count * size > len(data):
        raise IndexError(count)
    return [number for sector in sectors[:count] for number in _numbers(data, sector, size)]


def _ends(table: list[int]) -> bool:
    """Whether every chain of a table ends; each sector is visited once."""
    state = bytearray(len(table))  # 0 new, 1 on the chain at hand, 2 known to end
    for start in range(len(table)):
        chain, sector = [], start
        while sector < len(table) and state[sector] == 0:
            state[sector] = 1
            chain.append(sector)
            sector = table[sector]
        if sector < len(table) and state[sector] == 1:
            return False
        for done in chain:
            state[done] = 2
    return True
