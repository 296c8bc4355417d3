"""Airflow DAG: load the shop's files, publish the report, send what it says.

Written for Airflow 3. Shopbook runs as a command of its own environment, so that its libraries and Airflow's
never meet. What a task does with an exit code is in docs/operations.md: a locked warehouse is tried again,
anything else fails at once, an alert fails the last task after the site was published.

Set where the DAG runs:

    SHOPBOOK_PROJECT   the project's folder
    SHOPBOOK_COMMAND   the command (default: .venv/bin/shopbook of the project)
    SHOPBOOK_SHOP      the shop's name
    SHOPBOOK_FILES     folder of the shop's files (empty: nothing is loaded)
    SHOPBOOK_RETRY_MINUTES   pause before another try when the warehouse is locked (default: 2)
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import subprocess
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

LOCKED = 16
RETRY_DELAY = dt.timedelta(minutes=float(os.environ.get("SHOPBOOK_RETRY_MINUTES", "2")))
log = logging.getLogger(__name__)


def shopbook(*arguments: str, fine: tuple[int, ...] = (0,)) -> str:
    """Run the command; what it printed. Only a locked warehouse is worth another try."""
    project = Path(os.environ["SHOPBOOK_PROJECT"])
    command = os.environ.get("SHOPBOOK_COMMAND") or str(project / ".venv" / "bin" / "shopbook")
    done = subprocess.run(
        [command, "--quiet", *arguments],
        cwd=project,
        env={**os.environ, "SHOPBOOK_PROJECT": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    log.info("shopbook %s\n%s%s", " ".join(arguments), done.stdout, done.stderr)
    if done.returncode in fine:
        return done.stdout
    message = f"shopbook {arguments[0]} ended with exit code {done.returncode}: {done.stderr.strip()}"
    raise (AirflowException if done.returncode == LOCKED else AirflowFailException)(message)


def shop_flag() -> list[str]:
    """The shop, where it is named."""
    name = os.environ.get("SHOPBOOK_SHOP", "")
    return ["--shop", name] if name else []


@dag(
    dag_id="shopbook_report",
    schedule="15 6 * * *",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,  # one warehouse, one writer
    default_args={"retries": 5, "retry_delay": RETRY_DELAY},
    params={"as_of": ""},
    tags=["shopbook"],
)
def shopbook_report() -> None:
    """Load, report, tell."""

    @task
    def load() -> None:
        files = os.environ.get("SHOPBOOK_FILES", "")
        if not files:
            raise AirflowSkipException("SHOPBOOK_FILES is not set: the shop stays as it was loaded")
        shopbook("load", "thelook", "--from", files, *shop_flag())

    @task(trigger_rule="none_failed")
    def report(params: dict[str, str] | None = None) -> list[dict[str, str]]:
        """Publish; the alerts that were raised or are not known."""
        as_of = (params or {}).get("as_of") or ""
        shopbook("report", *shop_flag(), *(["--as-of", as_of] if as_of else []))
        summary = json.loads(shopbook("summary", "--format", "json"))
        return [alert for alert in summary["alerts"] if alert["state"] != "ok"]

    @task
    def tell(alerts: list[dict[str, str]]) -> None:
        """Send the summary: here it goes to the log; put your mail or chat in its place."""
        log.info("%s", shopbook("summary", "--format", "markdown"))
        raised = [alert["id"] for alert in alerts if alert["state"] == "raised"]
        if raised:
            raise AirflowFailException(f"The report is published; alerts were raised: {', '.join(raised)}")

    load() >> (published := report())
    tell(published)


made = shopbook_report()

if __name__ == "__main__":
    made.test()
