"""One publishing run: plan, notebooks, briefs, pages, swap."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import analysis_lib
from analysis_lib.errors import DiskFullError, RenderError
from analysis_lib.publish import cache
from analysis_lib.publish.editions_index import Listed
from analysis_lib.publish.execute import Job, execute
from analysis_lib.publish.normalise import normalise
from analysis_lib.publish.notebook import read_notebook
from analysis_lib.publish.part import EDITIONS, Part, Task
from analysis_lib.publish.parts import add_run, fingerprint_of, kept_words, plan_parts
from analysis_lib.publish.request import Progress, PublishRequest, PublishSummary
from analysis_lib.publish.site import brief_files, broken_links, read_build
from analysis_lib.publish.swap import check_is_site, one_at_a_time, recover, swap

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
        check_is_site(request.settings.site)
        try:
            return _Run(request, progress).go()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise DiskFullError(
                f"There is no disk space left in {request.settings.build_dir}.",
                "Make room and run it again; the published site is as it was.",
            ) from error


class _Run:
    """The state of one run."""

    def __init__(self, request: PublishRequest, progress: Progress) -> None:
        self.request = request
        self.progress = progress
        self.settings = request.settings
        self.seconds: dict[str, float] = {}
        self.site = self.settings.build_dir / "preview" if request.only else self.settings.site

    def go(self) -> PublishSummary:
        with self.stage("plan"):
            parts, kept = plan_parts(self.request, self.site, _LIBRARY)
            fingerprint = fingerprint_of(parts, kept)
        tasks = [task for part in parts for task in part.tasks]
        build = read_build(self.site)
        published = [part for part in parts if not self.request.force and part.is_published(self.site)]
        if build.get("run") == fingerprint and published == parts:
            unchanged = {task.name: "nothing changed" for task in tasks}
            done = {part.edition.id: "nothing changed" for part in parts if part.edition}
            return self.summary(
                parts, str(build["renderer"]), {}, unchanged, {**done, **kept_words(kept)}, True
            )
        reasons = {task.name: cache.why_run(task.entry, task.inputs, self.request.force) for task in tasks}
        executed = {name: reason for name, reason in reasons.items() if reason}
        reused = {name: "nothing that it depends on changed" for name, why in reasons.items() if not why}
        self.execute(parts, executed)
        self.render(parts, kept, published, fingerprint)
        done = {
            part.edition.id: "unchanged, taken over" if part in published else "made"
            for part in parts
            if part.edition
        }
        version = parts[0].renderer.version
        return self.summary(parts, version, executed, reused, {**done, **kept_words(kept)})

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[str, int, int], None]]:
        start = time.perf_counter()
        with self.progress.stage(name) as step:
            yield step
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def execute(self, parts: Sequence[Part], names: Container[str]) -> None:
        """Run the notebooks and keep what they made; one that ran well is kept even if another fails."""
        work = self.settings.build_dir / "notebooks"
        shutil.rmtree(work, ignore_errors=True)
        jobs: dict[str, Job] = {}
        by_name: dict[str, Task] = {}
        for part in parts:
            for task, job in part.jobs([task for task in part.tasks if task.name in names], work):
                jobs[task.name], by_name[task.name] = job, task

        def keep(job: Job) -> None:
            task = by_name[job.name]
            made = normalise(read_notebook(job.output), read_notebook(task.page.notebook))
            cache.keep(task.entry, made, job.downloads, task.inputs)

        with self.stage("notebooks") as step:
            execute(list(jobs.values()), step, keep)
        shutil.rmtree(work, ignore_errors=True)

    def render(
        self, parts: Sequence[Part], kept: Sequence[Listed], published: Container[Part], fingerprint: str
    ) -> None:
        """Render each part in a folder of this run's own, put them together, check and swap."""
        _clear_old_runs(self.settings.build_dir)
        folder = self.settings.build_dir / f"run-{fingerprint[:12]}"
        made = folder / "site"
        addresses = [f"{EDITIONS}/{listed.id}" for listed in kept]
        addresses += [part.address for part in parts if part.edition]
        elsewhere = ["../../", "../index.html", *(f"{address}/" for address in addresses)]
        for part in parts:
            if part in published:
                ignored = shutil.ignore_patterns(EDITIONS) if not part.address else None
                shutil.copytree(
                    self.site / part.address, made / part.address, ignore=ignored, dirs_exist_ok=True
                )
                if part.index:
                    shutil.copytree(self.site / EDITIONS, made / EDITIONS, ignore=_all_but_index)
                continue
            work = folder / "parts" / (part.address or "whole")
            rendered = part.render(work, elsewhere, self.stage)
            shutil.copytree(rendered, made / part.address, dirs_exist_ok=True)
        for listed in kept:
            address = f"{EDITIONS}/{listed.id}"
            shutil.copytree(self.site / address, made / address)
        broken = broken_links(made) if addresses and not self.request.only else []
        if broken:
            page, link = broken[0]
            raise RenderError(f"Page {page} has a link that leads nowhere: {link}.")
        add_run(made, fingerprint, [listed.id for listed in kept], parts)
        with self.stage("swap"):
            swap(made, self.site)
            shutil.rmtree(folder)

    def summary(
        self,
        parts: Sequence[Part],
        renderer: str,
        executed: Mapping[str, str],
        reused: Mapping[str, str],
        editions: Mapping[str, str],
        up_to_date: bool = False,
    ) -> PublishSummary:
        whole = parts[0]
        prefix = f"{whole.address}/" if whole.address else ""
        return PublishSummary(
            site=self.site / whole.address,
            up_to_date=up_to_date,
            renderer=renderer,
            executed=executed,
            reused=reused,
            left_out={part.name_of(name): why for part in parts for name, why in part.plan.left_out.items()},
            pages={name: self.site / file for part in parts for name, file in part.files().items()},
            briefs={name: self.site / (prefix + file) for name, file in brief_files(whole.plan).items()},
            notes=tuple(note for part in parts for note in part.notes),
            seconds=self.seconds,
            editions=editions,
        )


def _all_but_index(folder: str, names: list[str]) -> list[str]:
    """For copying the page of the index of editions without the editions."""
    return [name for name in names if (Path(folder) / name).is_dir()]


def _clear_old_runs(build_dir: Path) -> None:
    """Remove the folders of runs that failed; they are kept until the next one, to be looked at."""
    for folder in build_dir.glob("run-*"):
        shutil.rmtree(folder, ignore_errors=True)
