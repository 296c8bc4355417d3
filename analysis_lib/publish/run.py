"""One publishing run: plan, notebooks, briefs, pages, swap."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import analysis_lib
from analysis_lib.delivery import alerts
from analysis_lib.errors import DiskFullError
from analysis_lib.publish import cache
from analysis_lib.publish.execute import Job, execute
from analysis_lib.publish.fingerprint import (
    code_files,
    code_of_notebooks,
    hash_bytes,
    hash_files,
    hash_value,
    libraries,
)
from analysis_lib.publish.normalise import normalise
from analysis_lib.publish.notebook import Notebook, read_notebook
from analysis_lib.publish.notebook_parameters import Literal, parameters_for
from analysis_lib.publish.plan import PageSpec, Plan, make_plan, read_reports
from analysis_lib.publish.render import Renderer, choose
from analysis_lib.publish.request import Progress, PublishRequest, PublishSummary
from analysis_lib.publish.site import brief_files, is_intact, page_files, read_build
from analysis_lib.publish.swap import one_at_a_time, recover, swap

_LIBRARY = Path(analysis_lib.__file__).parent


def publish(request: PublishRequest, progress: Progress) -> PublishSummary:
    """Run the notebooks that need it, render the site and the briefs, and swap the site in.

    A run that changes nothing ends in a fraction of a second. Whatever goes wrong, the published site stays
    as it was.

    Parameters
    ----------
    request
        What to publish.
    progress
        Where to say what is being done.

    Raises
    ------
    ParameterError, NotebookError
        A notebook does not fit the parameters (before anything runs), or raised while it ran.
    SettingsError, MissingInputError
        `reports.yml` or `_quarto.yml` cannot be used.
    RenderError
        The site or a brief could not be rendered, or another run is publishing.
    DiskFullError
        There is no disk space left.
    """
    with one_at_a_time(request.settings.build_dir):
        recover(request.settings.site)
        try:
            return _Run(request, progress).go()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise DiskFullError(
                f"There is no disk space left in {request.settings.build_dir}.",
                "Make room and run it again; the published site is as it was.",
            ) from error


@dataclass(frozen=True)
class _Task:
    """A page of this run with what its executed notebook depends on."""

    page: PageSpec
    parameters: Mapping[str, Literal]
    inputs: Mapping[str, Any]
    entry: cache.Entry


class _Run:
    """The state of one run."""

    def __init__(self, request: PublishRequest, progress: Progress) -> None:
        self.request = request
        self.progress = progress
        self.settings = request.settings
        self.seconds: dict[str, float] = {}
        self.notes: list[str] = []
        self.alerts: tuple[alerts.AlertSpec, ...] = ()
        self.site = self.settings.build_dir / "preview" if request.only else self.settings.site

    def go(self) -> PublishSummary:
        with self.stage("plan"):
            renderer = choose(self.request.renderer)
            reports = read_reports(self.settings.reports / "reports.yml", self.settings.notebooks)
            self.alerts = alerts.read_alerts(
                self.settings.reports / "reports.yml", [page.id for page in reports.pages]
            )
            plan = make_plan(reports, self.request.availability, self.request.only)
            tasks = self.tasks(plan)
            fingerprint = self.fingerprint(plan, tasks, renderer)
        build = read_build(self.site)
        if build.get("fingerprint") == fingerprint and not self.request.force and is_intact(self.site, build):
            unchanged = {task.page.id: "nothing changed" for task in tasks}
            return self.summary(plan, str(build["renderer"]), {}, unchanged, up_to_date=True)
        reasons = {task.page.id: cache.why_run(task.entry, task.inputs, self.request.force) for task in tasks}
        executed = {name: reason for name, reason in reasons.items() if reason}
        reused = {name: "nothing that it depends on changed" for name, why in reasons.items() if not why}
        self.execute([task for task in tasks if task.page.id in executed])
        version = self.render(plan, tasks, renderer, fingerprint)
        return self.summary(plan, version, executed, reused)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[str, int, int], None]]:
        start = time.perf_counter()
        with self.progress.stage(name) as step:
            yield step
        self.seconds[name] = time.perf_counter() - start

    def tasks(self, plan: Plan) -> list[_Task]:
        """Check every notebook against the parameters before any of them runs."""
        shared = {
            "models": dict(self.request.fingerprints),
            # All of them: a page shows some (currency, min_sample) that no model and no notebook names.
            "the run's parameters": dict(self.request.parameters),
            "libraries": libraries(),
            "the code of analysis_lib": code_of_notebooks(_LIBRARY),
            "environment": dict(self.request.environment),
        }
        tasks = []
        for page in plan.pages:
            given = parameters_for(page.notebook, self.request.parameters, self.request.required_parameters)
            own = {"the notebook": hash_bytes(page.notebook.read_bytes()), "parameters": given}
            folder = self.settings.build_dir / "cache" / page.id
            tasks.append(_Task(page, given, {**own, **shared}, cache.Entry(folder)))
        return tasks

    def fingerprint(self, plan: Plan, tasks: list[_Task], renderer: Renderer) -> str:
        """One hash of everything that the site depends on."""
        theme = self.settings.reports / "theme"
        files = [self.settings.root / "_quarto.yml", *(f for f in sorted(theme.rglob("*")) if f.is_file())]
        return hash_value(
            {
                "pages": {task.page.id: task.inputs for task in tasks},
                "plan": [
                    [asdict(page) | {"notebook": page.notebook.name} for page in plan.pages],
                    [asdict(brief) for brief in plan.briefs],
                    dict(plan.left_out),
                ],
                "alerts": [repr(alert) for alert in self.alerts],
                "stamp": asdict(self.request.stamp),
                "files": hash_files(self.settings.root, files),
                "code": hash_files(_LIBRARY, code_files(_LIBRARY)),
                "renderer": renderer.identity,
            }
        )

    def execute(self, tasks: list[_Task]) -> None:
        """Run the notebooks and keep what they made; one that ran well is kept even if another fails."""
        work = self.settings.build_dir / "notebooks"
        shutil.rmtree(work, ignore_errors=True)
        jobs = {
            task.page.id: Job(
                name=task.page.id,
                notebook=task.page.notebook,
                output=work / task.page.id / "executed.ipynb",
                parameters=task.parameters,
                downloads=work / task.page.id / "downloads",
                downloads_url=f"downloads/{task.page.id}",
                cell_timeout=self.request.cell_timeout,
                environment={"SHOPBOOK_PROJECT": str(self.settings.root), **self.request.environment},
            )
            for task in tasks
        }
        by_id = {task.page.id: task for task in tasks}

        def keep(job: Job) -> None:
            task = by_id[job.name]
            made = normalise(read_notebook(job.output), read_notebook(task.page.notebook))
            cache.keep(task.entry, made, job.downloads, task.inputs)

        with self.stage("notebooks") as step:
            execute(list(jobs.values()), step, keep)
        shutil.rmtree(work, ignore_errors=True)

    def render(self, plan: Plan, tasks: list[_Task], renderer: Renderer, fingerprint: str) -> str:
        """Render in a folder of this run's own, check the result and swap it in."""
        # What renders is imported here: a run that changes nothing needs none of it.
        from analysis_lib.delivery import alert_states, summary
        from analysis_lib.delivery.facts import read_facts
        from analysis_lib.publish import site, stage
        from analysis_lib.publish.brief_build import make_briefs
        from analysis_lib.publish.pages import make_page

        executed: dict[str, Notebook] = {task.page.id: cache.load(task.entry) for task in tasks}
        facts = {name: read_facts(notebook) for name, notebook in executed.items()}
        states = alert_states.evaluate(self.alerts, plan, facts, self.request.stamp.currency)
        notices = alert_states.callouts(states, plan)
        pages = {
            task.page.id: make_page(executed[task.page.id], task.page, plan, notices.get(task.page.id, ""))
            for task in tasks
        }
        self.notes += [note for page in pages.values() for note in page.notes]
        _clear_old_runs(self.settings.build_dir)
        folder = self.settings.build_dir / f"run-{fingerprint[:12]}"
        config = stage.site_config(stage.read_config(self.settings.root), plan, self.request.stamp)
        notebooks = {name: page.notebook for name, page in pages.items()}
        stage.lay_out(folder, self.settings.root, config, notebooks, plan)
        for task in tasks:
            stage.add_downloads(folder, task.page.id, task.entry.downloads)
        with self.stage("briefs") as step:
            theme, kept = (
                self.settings.reports / "theme" / "brief",
                self.settings.build_dir / "cache" / "_briefs",
            )
            language = stage.language(config)
            self.notes += make_briefs(
                folder, kept, plan, executed, self.request.stamp, renderer, theme, language, step
            )
        with self.stage("render") as step:
            made, warnings = renderer.site(folder)
            step(renderer.identity.split(" ")[0], len(plan.pages), len(plan.pages))
            site.finish(made, plan)
        self.notes += warnings
        version = renderer.version
        inputs = {task.page.id: task.inputs for task in tasks}
        summary.write_summary(made, summary.make_summary(self.request, plan, facts, states, version, made))
        site.write_build(
            made, plan, self.request.stamp, fingerprint, version, inputs, self.request.parameters
        )
        with self.stage("swap"):
            swap(made, self.site)
            shutil.rmtree(folder)
        return version

    def summary(
        self,
        plan: Plan,
        renderer: str,
        executed: Mapping[str, str],
        reused: Mapping[str, str],
        up_to_date: bool = False,
    ) -> PublishSummary:
        return PublishSummary(
            site=self.site,
            up_to_date=up_to_date,
            renderer=renderer,
            executed=executed,
            reused=reused,
            left_out=plan.left_out,
            pages={name: self.site / file for name, file in page_files(plan).items()},
            briefs={name: self.site / file for name, file in brief_files(plan).items()},
            notes=tuple(self.notes),
            seconds=self.seconds,
        )


def _clear_old_runs(build_dir: Path) -> None:
    """Remove the folders of runs that failed; they are kept until the next one, to be looked at."""
    for folder in build_dir.glob("run-*"):
        shutil.rmtree(folder, ignore_errors=True)
