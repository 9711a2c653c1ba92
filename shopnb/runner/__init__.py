"""Running reports: plan what to run, execute each in a kernel, publish the pages, run a batch of them.

Belongs here: what lies between the command line and the notebooks. What a page says and how it looks does not.
"""

from shopnb.runner.attempts import attempt
from shopnb.runner.batch import run_batch
from shopnb.runner.cache import program_digest
from shopnb.runner.execute import execute
from shopnb.runner.jobs import EXTRAS, Failure, Job, Limits, Result
from shopnb.runner.plan import Choice, Plan, Reports, plan

__all__ = [
    "EXTRAS",
    "Choice",
    "Failure",
    "Job",
    "Limits",
    "Plan",
    "Reports",
    "Result",
    "attempt",
    "execute",
    "plan",
    "program_digest",
    "run_batch",
]
