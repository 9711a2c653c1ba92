"""The kernel of one report: this very Python, one thread for linear algebra, nothing of the user's own set-up.

Belongs here: how the runner starts a kernel, and the IPython extension by which an operator's error leaves it with
its code. A kernel runs the environment that shopnb is installed in, whatever kernels the machine has registered.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from shopnb import labels
from shopnb.errors import MissingDataError, ShopnbError

ERROR_MIME = "application/vnd.shopnb.error+json"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def kernel_environment() -> dict[str, str]:
    """Environment variables of a kernel.

    `JPY_SESSION_NAME` would make a headless page show its widgets; it is inherited when shopnb is started from
    JupyterLab.
    """
    kept = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    return {**kept, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONIOENCODING": "utf-8"}


class ThisPython(AsyncKernelManager):
    """Starts ipykernel with the running interpreter, without looking for a kernelspec."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The one kernel there is."""
        own = get_kernel_dict([f"--ext={__name__}", "--log-level=CRITICAL"])  # what went wrong stands in the notebook
        return KernelSpec(**{name: own[name] for name in ("argv", "display_name", "language", "metadata")})

    async def start_kernel(self, **kw: Any) -> None:  # type: ignore[override]
        """Start it in `kernel_environment`."""
        await super().start_kernel(**{**kw, "env": kernel_environment()})


def load_ipython_extension(shell: Any) -> None:
    """Hand an operator's error to the runner with its code and its sentences; the traceback stays as it is."""

    def hand_over(
        shell: Any,
        kind: type[ShopnbError],
        error: ShopnbError,
        traceback: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        parts = {lang: error.parts(lang) for lang in labels.LANGUAGES}
        waiting = isinstance(error, MissingDataError)
        carried = {"code": error.code, "waiting": waiting, "exit_code": error.exit_code, "parts": parts}
        shell.display_pub.publish({ERROR_MIME: carried})
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    shell.set_custom_exc((ShopnbError,), hand_over)
