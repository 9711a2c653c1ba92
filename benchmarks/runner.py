"""Seconds a report: shopnb's runner beside papermill and nbconvert, and what killing its processes does.

    python benchmarks/runner.py [--shops 20] [--stock 5] [--rounds 1] [--faults 0] [--cache DIR]
    python benchmarks/runner.py --memory 500

Makes the sample shop with as many seeds (once, into the cache folder) and runs all reports of all shops:

    command lines   `papermill` then `jupyter nbconvert --to html`, two at a time        (on --stock shops)
    one process     papermill.execute_notebook and a kept HTMLExporter, one after another (on --stock shops)
    shopnb          `shopnb run --force --jobs 2`, from the start of the command to its end
    floor           the cells' own code and the page, in two processes that have imported everything

Ways take turns, `--rounds` times. Seconds are wall and processor time, both a report; other work on the machine moves
the first more than the second. `--memory N` does nothing else than run so many reports in one batch, its shops copied
(as links) under as many names as that takes, and tells the memory of its processes early and late.

`--faults N` kills kernels, templates, workers and runners at N random moments, runs the command again where the runner
was the victim, and compares every page with that of an undisturbed run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from shopnb import parameters

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
FIRST_SEED = 20260101
REPORTS = tuple(parameters.notebooks())
VICTIMS = ("kernel", "worker", "template", "runner")
BATCH_SECONDS = 600.0


def make_shops(count: int, cache: Path) -> list[Path]:
    """Sample shops of seeds of their own, imported; made once."""
    from shopnb.shop import open_shop

    shops = []
    for number in range(count):
        shop = cache / f"seed{FIRST_SEED + number}"
        if not (shop / "inbox").is_dir():
            made = cache / "making"
            command = [sys.executable, ROOT / "tools/make_sample.py", "--out", made, "--only", "sample"]
            subprocess.run(
                [*map(str, command), "--seed", str(FIRST_SEED + number)], check=True, stdout=subprocess.DEVNULL
            )
            (made / "sample").rename(shop)
        open_shop(shop)
        shops.append(shop)
    return shops


def command_lines(shops: Sequence[Path], out: Path) -> None:
    """What a user has without shopnb's runner, two at a time."""

    def one(shop: Path, report: str) -> None:
        executed = out / f"{shop.name}_{report}.ipynb"
        notebook = parameters.notebooks()[report]
        ran = [BIN / "papermill", notebook, executed, "-p", "shop", shop, "--no-progress-bar", "--log-level", "ERROR"]
        subprocess.run([str(part) for part in ran], check=True, stderr=subprocess.DEVNULL, cwd=notebook.parent)
        page = [BIN / "jupyter", "nbconvert", "--to", "html", "--log-level", "ERROR", executed]
        subprocess.run([str(part) for part in page], check=True, stderr=subprocess.DEVNULL)

    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda pair: one(*pair), [(shop, report) for shop in shops for report in REPORTS]))


def _one_process(shops: Sequence[Path], out: Path) -> None:
    import papermill
    from nbconvert import HTMLExporter

    exporter = HTMLExporter()
    for shop in shops:
        for report, notebook in parameters.notebooks().items():
            executed = out / f"{shop.name}_{report}.ipynb"
            made = papermill.execute_notebook(
                str(notebook), str(executed), parameters={"shop": str(shop)}, progress_bar=False,
                cwd=str(notebook.parent),
            )  # fmt: skip
            executed.with_suffix(".html").write_text(exporter.from_notebook_node(made)[0], encoding="utf-8")


def one_process(shops: Sequence[Path], out: Path) -> None:
    """The same in one Python process."""
    _itself("one-process", shops, out)


def runner(shops: Sequence[Path], out: Path) -> None:
    """What this package does."""
    subprocess.run(_command(shops, out), check=True, stdout=subprocess.DEVNULL)


def _command(shops: Sequence[Path], out: Path) -> list[str]:
    return [str(part) for part in (
        sys.executable, "-m", "shopnb", "run", "--force", "--jobs", 2, "--out", out, "--shop", *shops,
    )]  # fmt: skip


def _floor(shops: Sequence[Path], out: Path) -> None:
    """Cells and pages of some shops in this process, which has imported everything; prints the seconds they took."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    import shopnb.pages  # noqa: F401 (imported before the clock starts)
    from shopnb.report.check import check_page
    from shopnb.report.notebook import read_parts
    from shopnb.report.page import page_html

    shell = InteractiveShell.instance()
    sys.stdin.readline()
    began = time.monotonic(), time.process_time()
    for shop in shops:
        for report, notebook in parameters.notebooks().items():
            shell.reset(new_session=True)
            cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
            shown = []
            for cell in cells:
                if cell["cell_type"] != "code":
                    continue
                with capture_output() as captured:
                    shell.run_cell("".join(cell["source"])).raise_error()
                    if "parameters" in cell["metadata"]["tags"]:
                        shell.user_ns["shop"] = str(shop)
                shown += [{"output_type": "display_data", **one.__dict__} for one in captured.outputs]
            parts = read_parts({"cells": [{"cell_type": "code", "outputs": shown}]})
            assert parts is not None, report
            page = page_html(parts)
            assert not check_page(page, parts), report
            (out / f"{shop.name}_{report}.html").write_text(page, encoding="utf-8")
    print(time.monotonic() - began[0], time.process_time() - began[1])


def floor(shops: Sequence[Path], out: Path) -> tuple[float, float]:
    """Wall and processor seconds of nothing but the cells and the pages, on two processes."""
    halves = [list(shops)[0::2], list(shops)[1::2]]
    two = [
        subprocess.Popen(
            _again("floor", half, out), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        for half in halves if half
    ]  # fmt: skip
    told = [one.communicate("\n")[0].split()[-2:] for one in two]
    return max(float(wall) for wall, _ in told), sum(float(cpu) for _, cpu in told)


def _again(part: str, shops: Sequence[Path], out: Path) -> list[str]:
    return [sys.executable, __file__, "--part", part, "--out", str(out), *map(str, shops)]


def _itself(part: str, shops: Sequence[Path], out: Path) -> None:
    subprocess.run(_again(part, shops, out), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def timed(way: Callable[[Sequence[Path], Path], object], shops: Sequence[Path], out: Path) -> tuple[float, float]:
    """Wall and processor seconds a report; a way that measures itself gives them."""
    out.mkdir(parents=True, exist_ok=True)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    own = way(shops, out)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    reports = len(shops) * len(REPORTS)
    wall, cpu = own if isinstance(own, tuple) else (wall, cpu)
    return wall / reports, cpu / reports


class Memory(threading.Thread):
    """Samples the memory of all processes below this one: all together (shared pages once), and the workers'."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.together: list[int] = []
        self.largest: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        """Look every two seconds."""
        while not self.over.wait(2.0):
            sizes = []
            for one in psutil.Process().children(recursive=True):
                try:
                    sizes.append(one.memory_full_info().pss)
                except psutil.Error:
                    continue
            self.together.append(sum(sizes))
            self.largest.append(max(sizes, default=0))

    def told(self) -> str:
        """Peak of all, and the largest process early and late."""
        quarter = max(1, len(self.largest) // 4)
        early, late = max(self.largest[:quarter]), max(self.largest[-quarter:])
        return f"peak of all {_mb(max(self.together))}, largest process early {_mb(early)}, late {_mb(late)}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def memory_of(reports: int, shops: Sequence[Path], cache: Path) -> None:
    """Run so many reports in one batch and tell the memory of its processes."""
    out = cache / "out-memory"
    named = [cache / "many" / f"shop{number:04}" for number in range(-(-reports // len(REPORTS)))]
    for number, shop in enumerate(named):
        if not shop.is_dir():
            shutil.copytree(shops[number % len(shops)], shop, copy_function=os.link)
    memory = Memory()
    memory.start()
    _, cpu = timed(runner, named, out)
    memory.over.set()
    memory.join()
    print(f"memory of {len(named) * len(REPORTS)} reports, {cpu:.2f} s of a processor each: {memory.told()}")


def pages(out: Path) -> dict[str, bytes]:
    """Every published page below a folder."""
    found = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.glob("*/*.html")}
    return {name: page for name, page in found.items() if ".failed." not in name}


def faults(shops: Sequence[Path], cache: Path, count: int) -> None:
    """Kill processes of running batches at random moments; compare every page with that of an undisturbed run."""
    chance = random.Random(count)
    right = pages(cache / "out-undisturbed")
    killed = dict.fromkeys(VICTIMS, 0)
    out, batches = cache / "out-faults", 0
    while sum(killed.values()) < count:
        batch = subprocess.Popen(_command(shops, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + BATCH_SECONDS
        while batch.poll() is None and time.monotonic() < until:
            time.sleep(chance.uniform(0.3, 6.0))
            victim = VICTIMS[sum(killed.values()) % len(VICTIMS)]
            there = list(_processes(batch.pid, victim)) if sum(killed.values()) < count else []
            if there:
                chance.choice(there).kill()
                killed[victim] += 1
        assert batch.poll() is not None, "a batch hangs"
        batches += 1
        wrong = [name for name, page in pages(out).items() if page != right[name]]
        assert not wrong, f"not whole or not right: {wrong}"
    subprocess.run(_command(shops, out), check=True, stdout=subprocess.DEVNULL)
    assert pages(out) == right, "the batch could not be finished"
    left = [*out.glob("*/.run-*"), *out.rglob(".*.part")]
    told = ", ".join(f"{number} {victim}" for victim, number in killed.items())
    print(
        f"faults: killed {told} in {batches} batches; all {len(right)} pages right at the end, {len(left)} folders left"
    )


def _processes(pid: int, victim: str) -> Iterator[psutil.Process]:
    try:
        batch = psutil.Process(pid)
        templates = [one for one in batch.children() if "runner.template" in " ".join(one.cmdline())]
        if victim == "runner":
            yield batch
        elif victim == "template":
            yield from templates
        for one in templates if victim in ("kernel", "worker") else ():
            for child in one.children():
                is_kernel = Path(f"/proc/{child.pid}/oom_score_adj").read_text(encoding="ascii").strip() == "500"
                if is_kernel == (victim == "kernel"):
                    yield child
    except (psutil.Error, OSError):
        return


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--stock", type=int, default=5, help="shops for papermill and nbconvert, which take their time")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--faults", type=int, default=0)
    parser.add_argument("--memory", type=int, default=0, help="run only so many reports, and tell the memory")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache/runner-benchmark")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    shops = make_shops(given.shops, given.cache)
    if given.memory:
        memory_of(given.memory, shops, given.cache)
        return
    ways: dict[str, tuple[Callable[[Sequence[Path], Path], object], int]] = {
        "command lines": (command_lines, given.stock),
        "one process": (one_process, given.stock),
        "shopnb": (runner, given.shops),
        "floor": (floor, given.shops),
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    memory = Memory()
    for turn in range(given.rounds):
        for name, (way, count) in ways.items():
            if name == "shopnb" and not turn:
                memory.start()
            took[name].append(timed(way, shops[:count], given.cache / f"out-{name.replace(' ', '-')}"))
            if name == "shopnb":
                memory.over.set()
            print(
                f"{name:15} {took[name][-1][0]:7.2f} s wall {took[name][-1][1]:7.2f} s processor a report", flush=True
            )
    for place, kind in enumerate(("wall", "processor")):
        middle = {name: statistics.median(one[place] for one in every) for name, every in took.items()}
        base = middle["shopnb"]
        told = ", ".join(f"{name} {seconds / base:.2f}" for name, seconds in middle.items())
        print(f"{kind:9} in units of shopnb: {told}")
    print(f"memory of {len(shops) * len(REPORTS)} reports: {memory.told()}")
    if given.faults:
        (given.cache / "out-shopnb").rename(given.cache / "out-undisturbed")
        faults(shops, given.cache, given.faults)


def part() -> None:
    """A part of the measurement that needs a process of its own."""
    _, name, _, out, *shops = sys.argv[1:]
    {"floor": _floor, "one-process": _one_process}[name]([Path(shop) for shop in shops], Path(out))


if __name__ == "__main__":
    part() if "--part" in sys.argv else main()
