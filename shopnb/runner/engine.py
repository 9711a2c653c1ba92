"""The papermill engine `shopnb`: forked kernels, no waiting where there is nothing to wait for.

Belongs here: how papermill runs a notebook for us. `papermill --engine shopnb IN.ipynb OUT.ipynb` and
`execute_notebook(…, engine_name="shopnb")` use it as well; papermill and nbclient stay in charge.
"""

from __future__ import annotations

from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger

from shopnb.runner.kernel import ThisPython
from shopnb.runner.watch import Watch

_THIS_PYTHON = ("python", "python3")  # other kernels are other languages or environments, and start as they always do


class ShopnbEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """Runs a Python notebook with `ThisPython`, and ends the kernel once the last cell has said that it is done."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        watch: Watch | None = None,
        save_each_cell: bool = True,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        **options: Any,
    ) -> Any:
        """Run all cells.

        Parameters
        ----------
        watch : limits of the kernel; none by default.
        save_each_cell : whether the notebook is written after every cell, as papermill does, or once at the end.
        """
        watch = watch or Watch(0, 0)
        place, nb_man.output_path = nb_man.output_path, nb_man.output_path if save_each_cell else None
        ours = {name: value for name, value in options.items() if name not in ("input_path", "timeout")}
        if kernel_name in _THIS_PYTHON:
            ours["kernel_manager_class"] = ThisPython
        client = PapermillNotebookClient(
            nb_man, timeout=execution_timeout or options.get("timeout"), startup_timeout=start_timeout,
            kernel_name=kernel_name, log=logger, log_output=log_output, stdout_file=stdout_file,
            stderr_file=stderr_file, shutdown_kernel="immediate", **ours,
        )  # fmt: skip
        client.on_notebook_start = lambda notebook: watch.begin(client.km.provisioner.process)  # noqa: ARG005
        client.on_cell_execute = lambda cell, cell_index: watch.cell_begins(tag_of(cell))  # noqa: ARG005
        try:
            return client.execute()
        finally:
            watch.end()
            nb_man.output_path = place


def tag_of(cell: Any) -> str:
    """The tag that says what a cell is for; "" where it has none."""
    return str(next(iter(cell.metadata.get("tags", [])), ""))
