"""Airflow DAG: load what is new, build and check the models, publish, tell.

Written for Airflow 3. Shopbook runs as a command of its own environment, so that its libraries and Airflow's
never meet. The graph comes from `shopbook graph`: a task group a room, a task a model, with the dependencies
of its SQL. One task, `build`, builds them all and swaps them in together: DuckDB has one writer, and one
process a model would publish half a build, on BigQuery too. The task of a model reads what `build` did with
it: it succeeds, is skipped where the shop has no data for it, or fails with its broken contract, and then
what is downstream of it fails and nothing is published.

Set where the DAG runs; the shop's files and warehouse stand in its profile (`shopbook init`):

    SHOPBOOK_PROJECT   the project's folder
    SHOPBOOK_COMMAND   the command (default: .venv/bin/shopbook of the project)
    SHOPBOOK_SHOP      the shop, where shopbook.toml has several
    SHOPBOOK_RETRY_MINUTES   pause before another try when the warehouse is locked (default: 2)
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import subprocess
from pathlib import Path
from typing import Any

from airflow.sdk import dag, task, task_group
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

LOCKED, BROKEN = 16, 19
RETRY_DELAY = dt.timedelta(minutes=float(os.environ.get("SHOPBOOK_RETRY_MINUTES", "2")))
PROJECT = Path(os.environ["SHOPBOOK_PROJECT"])
GRAPH = PROJECT / "data" / f"graph{os.environ.get('SHOPBOOK_SHOP', '')}.json"
log = logging.getLogger(__name__)


def shopbook(verb: str, *arguments: str, fine: tuple[int, ...] = (0,)) -> str:
    """Run the command; what it printed. Only a locked warehouse is worth another try."""
    command = os.environ.get("SHOPBOOK_COMMAND") or str(PROJECT / ".venv" / "bin" / "shopbook")
    done = subprocess.run(
        [command, "--quiet", verb, *arguments],
        cwd=PROJECT,
        env={**os.environ, "SHOPBOOK_PROJECT": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    log.info("shopbook %s %s\n%s", verb, " ".join(arguments), done.stderr)
    if done.returncode in fine:
        return done.stdout
    message = f"shopbook {verb} ended with exit code {done.returncode}: {done.stderr.strip()}"
    raise (AirflowException if done.returncode == LOCKED else AirflowFailException)(message)


def write_graph() -> None:
    """Keep the graph in a file: Airflow reads this module again and again, and must not run commands then."""
    text = shopbook("graph")
    GRAPH.parent.mkdir(parents=True, exist_ok=True)
    if not GRAPH.exists() or GRAPH.read_text(encoding="utf-8") != text:
        draft = GRAPH.with_suffix(f".{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(GRAPH)


def read_models() -> list[dict[str, Any]]:
    """The models of the graph, each after those that it needs."""
    if not GRAPH.exists():
        write_graph()
    nodes = json.loads(GRAPH.read_text(encoding="utf-8"))["nodes"]
    return [node for node in nodes if node["room"] not in ("loaded", "pages", "briefs")]


@task
def load() -> None:
    """What is new where the profile says; the graph of what the models are now."""
    log.info("%s", shopbook("load"))
    write_graph()


@task(multiple_outputs=True)
def build(params: dict[str, str] | None = None) -> dict[str, Any]:
    """All models at once, and their checks; what was done with each is its task's to say."""
    as_of = (params or {}).get("as_of") or ""
    printed = shopbook("check", "--format", "json", *(["--as-of", as_of] if as_of else []), fine=(0, BROKEN))
    return json.loads(printed)["models"]


@task(trigger_rule="none_failed", retries=0)
def tell_of(done: dict[str, Any]) -> None:
    """What `build` did with a model, in the state of its task."""
    if done["state"] == "not available":
        raise AirflowSkipException(done["reason"])
    log.info("%(state)s (%(reason)s): %(rows)s rows in %(seconds)s s, %(checks)s checks", done)
    broken = [entry for entry in done["not_passed"] if entry["status"] == "failed"]
    for entry in done["not_passed"]:
        log.warning("%(status)s: %(brief)s (%(failing_rows)s rows, for example %(sample)s)", entry)
    if broken:
        raise AirflowFailException("; ".join(entry["brief"] for entry in broken))


@task(trigger_rule="none_failed")
def report(params: dict[str, str] | None = None) -> list[dict[str, str]]:
    """Publish; the alerts that were raised or are not known."""
    as_of = (params or {}).get("as_of") or ""
    shopbook("report", "--no-load", *(["--as-of", as_of] if as_of else []))
    summary = json.loads(shopbook("summary", "--format", "json"))
    return [alert for alert in summary["alerts"] if alert["state"] != "ok"]


@task
def tell(alerts: list[dict[str, str]]) -> None:
    """Send the summary: here it goes to the log; put your mail or chat in its place."""
    log.info("%s", shopbook("summary", "--format", "markdown"))
    raised = [alert["id"] for alert in alerts if alert["state"] == "raised"]
    if raised:
        raise AirflowFailException(f"The report is published; alerts were raised: {', '.join(raised)}")


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
    """Load, build, look at each model, publish, tell."""
    models = read_models()
    made = build()
    load() >> made
    tasks: dict[str, Any] = {}

    def group(room: str) -> None:
        @task_group(group_id=room)
        def models_of_room() -> None:
            for node in models:
                if node["room"] == room:
                    tasks[node["name"]] = tell_of.override(task_id=node["name"])(made[node["name"]])

        models_of_room()

    for room in dict.fromkeys(node["room"] for node in models):
        group(room)
    for node in models:
        for need in node["needs"]:
            if need in tasks:
                tasks[need] >> tasks[node["name"]]
    list(tasks.values()) >> (published := report())
    tell(published)


made = shopbook_report()

if __name__ == "__main__":
    made.test()
