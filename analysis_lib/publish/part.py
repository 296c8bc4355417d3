"""One site of a run: the whole report, or an edition. Its plan, its notebooks, and rendering it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis_lib.publish import cache
from analysis_lib.publish.editions_index import Listed
from analysis_lib.publish.execute import Job
from analysis_lib.publish.fingerprint import (
    code_files,
    code_of_notebooks,
    hash_bytes,
    hash_files,
    hash_value,
    libraries,
)
from analysis_lib.publish.notebook import Notebook
from analysis_lib.publish.notebook_parameters import Literal, parameters_for
from analysis_lib.publish.plan import PageSpec, Plan, Reports, make_plan
from analysis_lib.publish.render import Renderer
from analysis_lib.publish.request import EditionRequest, PublishRequest, Stamp
from analysis_lib.publish.site import is_intact, page_files, read_build

if TYPE_CHECKING:
    from analysis_lib.delivery.alerts import AlertSpec

EDITIONS = "editions"
# Cannot be the id of a page, which has no underscore
_CACHE_OF_EDITIONS = "_editions"
Step = Callable[[str, int, int], None]
Stages = Callable[[str], AbstractContextManager[Step]]


@dataclass(frozen=True)
class Task:
    """A page of a part with what its executed notebook depends on; `name` is `page` or `edition/page`."""

    name: str
    page: PageSpec
    parameters: Mapping[str, Literal]
    inputs: Mapping[str, Any]
    entry: cache.Entry


class Part:
    """The whole report of a run, or one of its editions.

    Parameters
    ----------
    request
        The run.
    reports
        What `reports.yml` declares.
    renderer
        What renders.
    library
        The folder of the code.
    edition
        The edition; None for the whole report.
    alerts
        Every alert of the run; a part watches its own.
    """

    def __init__(
        self,
        request: PublishRequest,
        reports: Reports,
        renderer: Renderer,
        library: Path,
        edition: EditionRequest | None = None,
        alerts: Sequence[AlertSpec] = (),
    ) -> None:
        self.request = request
        self.renderer = renderer
        self.library = library
        self.edition = edition
        name = edition.id if edition else ""
        self.alerts = [alert for alert in alerts if alert.edition == name]
        self.of: PublishRequest | EditionRequest = edition or request
        self.stamp: Stamp = self.of.stamp
        self.address = f"{EDITIONS}/{edition.id}" if edition else ""
        self.plan: Plan = make_plan(
            reports,
            self.of.availability,
            request.only,
            edition.pages if edition else None,
            edition.briefs if edition else None,
        )
        self.tasks = self._tasks()
        self.fingerprint = self._fingerprint()
        # The editions beside it and their index, where this is the whole report and there are any
        self.listed: Sequence[Listed] = ()
        self.index: Notebook | None = None
        self.notes: list[str] = []

    def name_of(self, page: str) -> str:
        """How messages name a page: with its edition, where it is of one."""
        return f"{self.edition.id}/{page}" if self.edition else page

    @property
    def _kept(self) -> Path:
        """Where what was made is kept for the next run."""
        kept = self.request.settings.build_dir / "cache"
        return kept / _CACHE_OF_EDITIONS / self.edition.id if self.edition else kept

    def _tasks(self) -> list[Task]:
        """Check every notebook against the parameters before any of them runs."""
        shared = {
            "models": dict(self.of.fingerprints),
            # All of them: a page shows some (currency, min_sample) that no model and no notebook names.
            "the run's parameters": dict(self.of.parameters),
            "libraries": libraries(),
            "the code of analysis_lib": code_of_notebooks(self.library),
            "environment": dict(self.request.environment),
        }
        if self.edition:
            shared["the edition"] = {"label": self.stamp.edition}
        tasks = []
        for page in self.plan.with_data:
            given = parameters_for(page.notebook, self.of.parameters, self.request.required_parameters)
            own = {"the notebook": hash_bytes(page.notebook.read_bytes()), "parameters": given}
            entry = cache.Entry(self._kept / page.id)
            tasks.append(Task(self.name_of(page.id), page, given, {**own, **shared}, entry))
        return tasks

    def _fingerprint(self) -> str:
        """One hash of everything that this site depends on, the index of editions left out."""
        settings, plan = self.request.settings, self.plan
        theme = settings.reports / "theme"
        files = [settings.root / "_quarto.yml", *(f for f in sorted(theme.rglob("*")) if f.is_file())]
        return hash_value(
            {
                "pages": {task.page.id: task.inputs for task in self.tasks},
                "plan": [
                    [asdict(page) | {"notebook": page.notebook.name} for page in plan.pages],
                    [asdict(brief) for brief in plan.briefs],
                    dict(plan.left_out),
                    self.of.remedy,
                ],
                "edition": [self.edition.title, self.edition.description] if self.edition else [],
                "preview": bool(self.request.only),
                "alerts": [repr(alert) for alert in self.alerts],
                "stamp": asdict(self.stamp),
                "files": hash_files(settings.root, files),
                "code": hash_files(self.library, code_files(self.library)),
                "renderer": self.renderer.identity,
            }
        )

    def jobs(self, tasks: Sequence[Task], work: Path) -> list[tuple[Task, Job]]:
        """The notebooks to run, each in a folder of its own below `work`."""
        environment = {"SHOPBOOK_PROJECT": str(self.request.settings.root), **self.request.environment}
        return [
            (
                task,
                Job(
                    name=task.name,
                    notebook=task.page.notebook,
                    output=work / task.name / "executed.ipynb",
                    parameters=task.parameters,
                    downloads=work / task.name / "downloads",
                    downloads_url=f"downloads/{task.page.id}",
                    cell_timeout=self.request.cell_timeout,
                    environment=environment,
                ),
            )
            for task in tasks
        ]

    def is_published(self, site: Path) -> bool:
        """Whether what is published at this part's address is what this run would make."""
        build = read_build(site / self.address)
        return build.get("fingerprint") == self.fingerprint and is_intact(site / self.address, build)

    def render(self, folder: Path, elsewhere: Sequence[str], stages: Stages) -> Path:
        """Render in a folder of this run's own; the folder of the finished pages, briefs and build.json.

        Parameters
        ----------
        elsewhere
            Beginnings of links to other parts of the site, which are checked when all is together.
        stages
            Times a stage and shows its progress.

        Raises
        ------
        RenderError
            A page or a brief cannot be rendered, is missing, or would fetch something from outside.
        """
        # What renders is imported here: a run that changes nothing needs none of it.
        from analysis_lib.delivery import alert_states, summary
        from analysis_lib.delivery.facts import read_facts
        from analysis_lib.publish import site, stage
        from analysis_lib.publish.brief import Paper
        from analysis_lib.publish.brief_build import make_briefs
        from analysis_lib.publish.pages import make_page
        from analysis_lib.publish.unavailable import unavailable_page

        plan = self.plan
        executed = {task.page.id: cache.load(task.entry) for task in self.tasks}
        facts = {name: read_facts(notebook) for name, notebook in executed.items()}
        name = self.edition.id if self.edition else ""
        states = alert_states.evaluate(self.alerts, plan, facts, self.stamp.currency, name)
        notices = alert_states.callouts(states, plan)
        links = self._links()
        notebooks: dict[str, Notebook] = {}
        for page in plan.pages:
            if page.id in executed:
                made = make_page(executed[page.id], page, plan, self.stamp, links, notices.get(page.id, ""))
                notebooks[page.id] = made.notebook
                self.notes += [self.name_of(note) for note in made.notes]
            else:
                notebooks[page.id] = unavailable_page(
                    page, plan, self.of.remedy, self.stamp, links, notices.get(page.id, "")
                )
        project = stage.read_config(self.request.settings.root)
        config = stage.site_config(project, plan, self.stamp, self.index is not None)
        stage.lay_out(folder, self.request.settings.root, config, notebooks, plan, self.index)
        for task in self.tasks:
            stage.add_downloads(folder, task.page.id, task.entry.downloads)
        with stages("briefs") as step:
            theme = self.request.settings.reports / "theme" / "brief"
            paper = Paper(plan, executed, self.stamp, theme, stage.language(config), notices)
            found = make_briefs(folder, self._kept / "_briefs", paper, self.renderer, step)
            self.notes += [f"edition {self.edition.id}: {note}" if self.edition else note for note in found]
        with stages("render") as step:
            rendered, warnings = self.renderer.site(folder, elsewhere)
            step(self.renderer.identity.split(" ")[0], len(plan.pages), len(plan.pages))
            site.finish(rendered, plan)
        self.notes += warnings
        inputs = {task.page.id: task.inputs for task in self.tasks}
        version = self.renderer.version
        summary.write_summary(
            rendered,
            summary.make_summary(self.of, plan, facts, states, version, rendered, self.listed),
        )
        site.write_build(
            rendered, plan, self.stamp, self.fingerprint, version, inputs, self.of.parameters, self.edition
        )
        return rendered

    def _links(self) -> dict[str, str]:
        """Where an edition's pages lead back to; nothing in a preview, which stands alone."""
        if not self.edition or self.request.only:
            return {}
        return {"The whole shop": "../../index.html", "All editions": "../index.html"}

    def files(self) -> dict[str, str]:
        """Page id to its file in the site; `edition/page` in an edition."""
        prefix = f"{self.address}/" if self.address else ""
        return {self.name_of(name): prefix + file for name, file in page_files(self.plan).items()}
