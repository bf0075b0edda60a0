"""The sync of all tenants as one Dagster job.

Tenants run side by side. What was stopped (no network, another run) is tried again; what needs a
person is told by the command in SYNC_ALERT, which gets the message on its standard input.

Environment:
    SYNC_PROJECT: folder of meltano.yml; by default the project that this file is in.
    SYNC_TENANTS: folder with a file TENANT.env for each; by default `tenants` in the project.
    SYNC_AT_ONCE: how many tenants run at once; 4 by default.
    SYNC_PAUSE: seconds before the first repetition, twice as many before the next; 60 by default.
    SYNC_ALERT: a command; without it, messages are in Dagster's log only.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from dagster import (
    Backoff,
    DynamicOut,
    DynamicOutput,
    Failure,
    HookContext,
    OpExecutionContext,
    RetryPolicy,
    ScheduleDefinition,
    failure_hook,
    job,
    multiprocess_executor,
    op,
)

PROJECT = Path(os.environ.get("SYNC_PROJECT", Path(__file__).parents[2])).resolve()
TENANTS = Path(os.environ.get("SYNC_TENANTS", PROJECT / "tenants")).resolve()
AT_ONCE = int(os.environ.get("SYNC_AT_ONCE", "4"))
PAUSE = float(os.environ.get("SYNC_PAUSE", "60"))
ALERT = os.environ.get("SYNC_ALERT", "")
TIME_LIMIT = 6 * 3600  # seconds
BOTH_DIRECTIONS = ("tap-crmoffice", "target-trello", "tap-trello", "target-crmoffice")
ERROR = re.compile(r"\[error +\]")

STOPPED = RetryPolicy(max_retries=2, delay=PAUSE, backoff=Backoff.EXPONENTIAL)


def own_folder(tenant: str) -> Path:
    """Where Meltano works for the tenant: two runs in one folder overwrite each other's files."""
    shared = PROJECT / ".meltano"
    folder = shared / "tenants" / tenant
    folder.mkdir(parents=True, exist_ok=True)
    for installed in ("extractors", "loaders", "utilities"):
        if not (folder / installed).exists():
            (folder / installed).symlink_to(shared / installed)
    return folder


def meltano(context: OpExecutionContext, tenant: str, *arguments: str) -> None:
    """Run Meltano for a tenant.

    Raises:
        Failure: when its exit code is not 0; what it says are the errors in Meltano's log.
    """
    told = subprocess.run(
        ["meltano", f"--env-file={TENANTS / tenant}.env", "--environment=tenant", *arguments],
        cwd=PROJECT,
        env={
            **os.environ,
            "TENANT": tenant,
            "MELTANO_SYS_DIR_ROOT": str(own_folder(tenant)),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    context.log.info(told.stdout)
    if told.returncode:
        errors = [line for line in told.stdout.splitlines() if ERROR.search(line)]
        raise Failure("\n".join([f"{tenant}: exit code {told.returncode}", *errors]))


@op(out=DynamicOut(str))
def tenants() -> Iterator[DynamicOutput[str]]:
    """The name of each tenant that has a file; letters, digits and _ only."""
    for path in sorted(TENANTS.glob("*.env")):
        yield DynamicOutput(path.stem, mapping_key=path.stem)


@op(retry_policy=STOPPED)
def sync(context: OpExecutionContext, tenant: str) -> str:
    """Both directions. An exit code other than 0 means that the run was stopped."""
    meltano(context, tenant, "run", f"--state-id-suffix={tenant}", *BOTH_DIRECTIONS)
    return tenant


@op
def check(context: OpExecutionContext, tenant: str) -> None:
    """Fails while a record is on the failed list or needs a decision: no repetition helps."""
    meltano(context, tenant, "run", "links:failures", "links:check")


@failure_hook
def alert(context: HookContext) -> None:
    """Tell a person."""
    message = f"{context.op.name} failed: {context.op_exception}\n"
    context.log.error(message)
    if ALERT:
        subprocess.run(shlex.split(ALERT), input=message, text=True, timeout=60, check=True)


@job(
    executor_def=multiprocess_executor.configured({"max_concurrent": AT_ONCE}),
    hooks={alert},
    tags={"round": "all-tenants"},
)
def sync_tenants() -> None:
    """All tenants; one that fails stops no other."""
    tenants().map(lambda tenant: check(sync(tenant)))


every_15_minutes = ScheduleDefinition(job=sync_tenants, cron_schedule="*/15 * * * *")
