"""The kernel provisioner `shopnb-fork`: ipykernels forked from the template process, or started where that cannot be.

Belongs here: launching, watching and ending one kernel for jupyter_client. A kernelspec chooses it with the metadata
`{"kernel_provisioner": {"provisioner_name": "shopnb-fork"}}`, a whole process with the environment variable
`JUPYTER_DEFAULT_PROVISIONER_NAME`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import select
import sys
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from shopnb.runner import forks

_READY_SECONDS = 60
_LOOK_AGAIN_SECONDS = 0.01
_LAUNCHER = "ipykernel_launcher"


class ForkProvisioner(LocalProvisioner):
    """A local kernel whose process is a fork of the template."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel and wait until its sockets are open; start it as usual where it cannot be forked."""
        forked = _fork(cmd, **kwargs)
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast(Any, forked)  # has what a Popen is asked for
        self.pid, self.pgid = forked.pid, None  # signals go through the template, which knows whether it still runs
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the end of the process."""
        while self.process and self.process.poll() is None:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        return await super().wait()


def _fork(command: list[str], **given: Any) -> forks.Forked | None:
    """The kernel of a launch command, forked; None where the command or the system wants a process of its own."""
    if len(command) < 3 or command[1:3] != ["-m", _LAUNCHER] or not Path(command[0]).samefile(sys.executable):
        return None
    launcher = importlib.util.find_spec(_LAUNCHER)
    arguments = [str(launcher.origin if launcher else _LAUNCHER), *command[3:]]
    ready, theirs = os.pipe()
    try:
        forked = forks.fork(
            "kernel", arguments, environment=given.get("env") or os.environ,
            folder=str(given.get("cwd") or Path.cwd()), beside=theirs,
        )  # fmt: skip
    finally:
        os.close(theirs)
    try:
        if forked is not None:
            select.select([ready], [], [], _READY_SECONDS)  # its other end closes: open for requests, or dead
    finally:
        os.close(ready)
    return forked
