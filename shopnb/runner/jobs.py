"""What a run is made of, as plain picklable data: the job of one report, and what became of it.

Belongs here: dataclasses alone, so that a job can be sent to another process or machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from shopnb import labels
from shopnb.errors import ShopnbError

State = Literal["done", "unchanged", "skipped", "failed", "not_ready"]
UNDATED = "undated"
EXTRAS = ("xlsx", "png", "pdf", "digest")  # files beside page, record and notebook, made when asked for


@dataclass(frozen=True)
class Limits:
    """What one report may take: wall time in seconds and memory of its kernel in MB; 0: no limit."""

    seconds: float = 0.0
    memory_mb: int = 0


@dataclass(frozen=True)
class Job:
    """One report of one shop.

    Parameters
    ----------
    shop : shop folder, absolute.
    report : slug, which names the files.
    notebook : its notebook, absolute.
    parameters : all parameters of the notebook, of the declared types; `shop` is absolute.
    out : folder of the batch; the report's files go into its subfolder `shop_label`.
    shop_label : name of the shop folder.
    expected_end : the day that names the files of a failed run: last day in the data, or `undated`.
    static : leave out the live charts.
    extras : more files of each report, of `EXTRAS`.
    run : id of the batch; the same again when an interrupted batch goes on.
    seconds : wall time after which the report is stopped; 0: no limit.
    memory_mb : memory of its kernel in MB above which it is stopped; 0: no limit.
    force : run it even where a page of the same content stands already.
    program : digest of the program that runs it: this package, all packages, Python.
    due : day that its data should reach and do not, ISO; "" where they do or nobody can say.
    key : digest of all it is made of, noted beside the report; set by `attempt`.
    """

    shop: str
    report: str
    notebook: str
    parameters: dict[str, Any]
    out: str
    shop_label: str
    expected_end: str = UNDATED
    static: bool = False
    extras: tuple[str, ...] = ()
    run: str = ""
    seconds: float = 0.0
    memory_mb: int = 0
    force: bool = False
    program: str = ""
    due: str = ""
    key: str = ""

    @property
    def lang(self) -> str:
        """Language of the report; zh where its notebook declares none."""
        return str(self.parameters.get("lang", "zh"))


@dataclass(frozen=True)
class Failure:
    """Why a report is not there. `parts` holds problem, where and fix for each language; `cell` the tag of the cell."""

    code: str
    parts: dict[str, dict[str, str]]
    exit_code: int
    cell: str = ""

    @classmethod
    def of(cls, error: ShopnbError, *, cell: str = "") -> Failure:
        """The failure that an error stands for."""
        parts = {lang: error.parts(lang) for lang in labels.LANGUAGES}
        return cls(error.code, parts, error.exit_code, cell)

    def text(self, lang: str) -> str:
        """The message as shown: code and problem, then where, then fix, a line each."""
        parts = self.parts[lang]
        lines = [f"{self.code}: {parts['problem']}"]
        lines += [labels.text(f"errors.{key}", lang, text=parts[key]) for key in ("where", "fix") if parts[key]]
        return "\n".join(lines)


@dataclass(frozen=True)
class Result:
    """What became of one report.

    Parameters
    ----------
    shop : name of the shop folder.
    path : the page, relative to the folder of the batch, with forward slashes; "" where there is none.
    end : the day in the page's name, or `undated`.
    seconds : wall time of this report.
    record : the report record; {} unless done or unchanged.
    due : day that its data should reach and do not, ISO; "" where they do.
    """

    shop: str
    report: str
    state: State
    path: str = ""
    end: str = ""
    seconds: float = 0.0
    failure: Failure | None = None
    record: dict[str, Any] = field(default_factory=dict)
    due: str = ""

    @property
    def exit_code(self) -> int:
        """0 when nothing went wrong, 2 for the operator's mistake, 1 for ours. A skipped report is no mistake."""
        return 0 if self.failure is None or self.state == "skipped" else self.failure.exit_code

    def as_row(self, lang: str) -> dict[str, Any]:
        """The row of `batch.json`; messages are in `lang`."""
        row: dict[str, Any] = {
            "shop": self.shop,
            "report": self.report,
            "state": self.state,
            "seconds": round(self.seconds, 2),
            "path": self.path,
            "end": self.end,
        }
        if self.due:
            row["due"] = self.due
        if self.failure:
            row["error"] = {"code": self.failure.code, **self.failure.parts[lang], "cell": self.failure.cell}
        return row
