"""The kernel of one report: this very Python, one thread for linear algebra, nothing of the user's own set-up.

Belongs here: how the runner starts, waits for and ends a kernel, and the IPython extension by which an operator's
error leaves it with its code. A kernel runs the environment that shopnb is installed in, whatever kernels the machine
has registered.
"""

from __future__ import annotations

import time
import uuid
from queue import Empty
from types import TracebackType
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from shopnb import labels
from shopnb.errors import MissingDataError, ShopnbError
from shopnb.runner.forks import surroundings, template_folder

ERROR_MIME = "application/vnd.shopnb.error+json"
PROVISIONER = "shopnb-fork"
_ANSWER_SECONDS = 1.0


class Client(AsyncKernelClient):
    """Knows that a kernel is ready when it has answered; does not listen for silence after that."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered and its outputs reach us.

        Raises
        ------
        RuntimeError
            When the kernel died, or has not answered after `timeout` seconds.
        """
        until = time.monotonic() + (timeout or float("inf"))
        while True:
            self.kernel_info()
            try:
                answer = await self.shell_channel.get_msg(timeout=_ANSWER_SECONDS)
                await self.iopub_channel.get_msg(timeout=_ANSWER_SECONDS)
            except Empty:
                answer = {"msg_type": ""}
            if answer["msg_type"] == "kernel_info_reply":
                self._handle_kernel_info_reply(answer)
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")


class ThisPython(AsyncKernelManager):
    """Starts ipykernel with the running interpreter, forked where that can be, without looking for a kernelspec."""

    client_factory = Client

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        folder = template_folder()
        if folder:  # sockets in a private folder: no ports that another kernel may take first, none that others see
            self.transport = "ipc"
            self.connection_file = str(folder / f"{uuid.uuid4().hex}.json")

    @property
    def kernel_spec(self) -> KernelSpec:
        """The one kernel there is."""
        own = get_kernel_dict([f"--ext={__name__}", "--log-level=CRITICAL"])  # what went wrong stands in the notebook
        metadata = {**own["metadata"], "kernel_provisioner": {"provisioner_name": PROVISIONER}}
        return KernelSpec(
            argv=own["argv"], display_name=own["display_name"], language=own["language"], metadata=metadata
        )

    async def start_kernel(self, **kw: Any) -> None:  # type: ignore[override]
        """Start it in the runner's surroundings."""
        await super().start_kernel(**{**kw, "env": surroundings()})


def load_ipython_extension(shell: Any) -> None:
    """Hand an operator's error to the runner with its code and its sentences; what the cell shows stays as it is."""

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
