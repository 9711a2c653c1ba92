"""The account of one import: what a file was taken for and what became of each of its rows.

Belongs here: the record and its JSON form. Codes only; sentences are made of them by `labels`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shopnb.errors import ShopnbError
from shopnb.intake.containers import IN_ARCHIVE

_COPY = re.compile(r"\s?[((](\d{1,3})[))]$")
Remark = dict[str, Any]  # {"code": …, values …}; the sentence is labels `intake.remarks.<code>`


@dataclass
class FileAccount:
    """One table found in one file, or the reason why there is none.

    `read` = `kept` + sum of `dropped` + sum of `rejected`, always. `read` counts the rows below the header down to
    the last filled one.

    Parameters
    ----------
    file : the file, relative to the shop folder where it lies inside it; `!/member` names a file in an archive.
    sha256 : of the file's bytes.
    state : imported, unchanged or refused.
    kind, table : the export kind and the canonical table; "" when refused before that was known.
    why, unsure : remarks on what spoke for the kind, and on what was assumed.
    days : first and last day of the rows kept, ISO; empty for undated tables.
    dropped, rejected : reason to number of rows.
    unknown_columns, personal_columns : headers whose values were not stored.
    error : why it was refused.
    digest : of the bytes and the schema version; names the stored files.
    sheet : sheet of the workbook, or "".
    part : which table of the file, from 1; the stored file is `<digest>.parquet`, later parts `<digest>-<part>`.
    exported_at : when the platform made the export, as well as it can be known; decides which export is newest.
    """

    file: str
    sha256: str = ""
    state: str = "refused"
    kind: str = ""
    table: str = ""
    why: list[Remark] = field(default_factory=list)
    unsure: list[Remark] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    read: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)
    personal_columns: list[str] = field(default_factory=list)
    error: ShopnbError | None = None
    digest: str = ""
    sheet: str = ""
    part: int = 1
    exported_at: datetime | None = None

    @property
    def source(self) -> str:
        """The file itself, or the archive that holds it."""
        return self.file.split(IN_ARCHIVE)[0]

    @property
    def copy(self) -> int:
        """The n that a browser puts behind the name of a file downloaded again, as in `name(1).xls`; else 0."""
        match = _COPY.search(self.source.rsplit(".", 1)[0])
        return int(match.group(1)) if match else 0

    @staticmethod
    def own_name(file: str) -> str:
        """The name of a file without folders and suffix, and without the number of a file downloaded again.

        Examples
        --------
        >>> FileAccount.own_name("inbox/流量来源_2026-08-24_2026-08-30(1).xls")
        '流量来源_2026-08-24_2026-08-30'
        """
        return _COPY.sub("", file.rsplit("/", 1)[-1].rsplit(".", 1)[0])

    @property
    def stem(self) -> str:
        """File name, without suffix, of the stored Parquet and of the rejected rows."""
        return self.digest if self.part == 1 else f"{self.digest}-{self.part}"

    def as_record(self, lang: str) -> dict[str, Any]:
        """The entry of `import --json`; the error's parts are in `lang`."""
        record = {name: value for name, value in vars(self).items() if name not in {"error", "exported_at"}}
        record["exported_at"] = self.exported_at.isoformat() if self.exported_at else None
        record["error"] = {"code": self.error.code, **self.error.parts(lang)} if self.error else None
        return record

    def stored(self) -> dict[str, Any]:
        """What the account file keeps of this entry."""
        record = self.as_record("en")
        del record["error"], record["state"]
        return record

    @classmethod
    def from_stored(cls, record: dict[str, Any], state: str) -> FileAccount:
        """The entry as read back from an account file."""
        at = record.get("exported_at")
        values = {**record, "state": state, "exported_at": datetime.fromisoformat(at) if at else None}
        return cls(**values)
