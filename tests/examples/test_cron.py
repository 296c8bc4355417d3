"""The wrapper for cron: one run at a time, a log, a mail when people should know."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.reporting_project import ROOT, add_report, write_page
from tests.examples.conftest import EXAMPLES, FakeCommand, script

WRAPPER = EXAMPLES / "cron" / "report.sh"
pytestmark = pytest.mark.skipif(not shutil.which("flock"), reason="flock (util-linux) is not installed")
_MAIL = """#!/bin/sh
{{ echo "TO $*"; cat; }} >> "{inbox}"
"""


class Cron:
    """A project folder that cron would run the wrapper on, and the inbox of its mails."""

    def __init__(self, folder: Path, command: Path, environment: Callable[..., dict[str, str]]) -> None:
        self.project = folder
        self.inbox = folder.parent / "inbox"
        mail = script(folder.parent / "mail", _MAIL.format(inbox=self.inbox))
        self.environment = environment(
            SHOPBOOK_PROJECT=folder,
            SHOPBOOK_SHOP="small",
            REPORT_FILES=folder / "files",
            REPORT_MAIL_TO="a@shop.example b@shop.example",
            REPORT_MAIL_COMMAND=mail,
            REPORT_RETRY_SECONDS=0,
            PYTHONPATH=ROOT,
        )
        self.environment["PATH"] = os.pathsep.join([str(command), self.environment["PATH"]])

    def run(self, **more: str) -> int:
        done = subprocess.run(
            [str(WRAPPER)], env={**self.environment, **more}, capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.stderr) == ("", ""), "cron mails whatever is printed"
        return done.returncode

    @property
    def mail(self) -> str:
        return self.inbox.read_text(encoding="utf-8") if self.inbox.exists() else ""

    @property
    def log(self) -> str:
        [path] = (self.project / "data" / "logs").glob("????-??-??.log")
        return path.read_text(encoding="utf-8")


@pytest.fixture
def cron(tmp_path: Path, fake: FakeCommand, environment: Callable[..., dict[str, str]]) -> Cron:
    folder = tmp_path / "shop folder"  # with a space, as people have them
    folder.mkdir()
    return Cron(folder, fake.folder, environment)


def test_a_good_run_loads_and_reports_and_tells_nobody(cron: Cron, fake: FakeCommand) -> None:
    assert cron.run() == 0
    assert fake.calls == [
        f"--quiet load thelook --from {cron.project}/files --shop small",
        "--quiet report --shop small --fail-on-alert",
    ]
    assert cron.mail == ""
    assert "ended with exit code 0" in cron.log


def test_a_good_run_is_mailed_where_that_is_asked_for(cron: Cron, fake: FakeCommand) -> None:
    assert cron.run(REPORT_MAIL_ON="always", REPORT_URL="https://x.example") == 0
    assert cron.mail == "TO -s Shopbook: the report (small) a@shop.example b@shop.example\nthe summary\n"
    assert fake.calls[-1] == "summary --url https://x.example"


def test_a_load_that_fails_is_told_and_nothing_is_published(cron: Cron, fake: FakeCommand) -> None:
    fake.ends_with(14)
    assert cron.run() == 14
    assert len(fake.calls) == 1, "there is no report of what could not be loaded"
    assert "TO -s Shopbook: the report failed with exit code 14 (small)" in cron.mail
    assert "said by the fake" in cron.mail


def test_a_report_that_fails_is_told(cron: Cron, fake: FakeCommand) -> None:
    fake.ends_with(0, 19)
    assert cron.run() == 19
    assert "failed with exit code 19" in cron.mail


def test_an_alert_is_told_with_the_summary_unless_only_failures_are(cron: Cron, fake: FakeCommand) -> None:
    fake.ends_with(0, 24)
    assert cron.run(REPORT_MAIL_ON="failure") == 24
    assert cron.mail == ""
    assert cron.run() == 24
    assert "TO -s Shopbook: alert (small)" in cron.mail
    assert "the summary" in cron.mail


def test_a_locked_warehouse_is_tried_again_five_times_at_most(cron: Cron, fake: FakeCommand) -> None:
    fake.ends_with(16, 16, 0)
    assert cron.run() == 0
    assert len([call for call in fake.calls if "load" in call]) == 3
    fake.ends_with(16)
    assert cron.run() == 16
    assert len(fake.calls) == 4 + 5


def test_without_files_or_mail_it_only_reports(cron: Cron, fake: FakeCommand) -> None:
    fake.ends_with(20)
    assert cron.run(REPORT_FILES="", REPORT_MAIL_TO="", SHOPBOOK_SHOP="") == 20
    assert fake.calls == ["--quiet report --fail-on-alert"]
    assert cron.mail == ""


def test_a_second_run_at_the_same_time_does_not_start(cron: Cron, fake: FakeCommand) -> None:
    logs = cron.project / "data" / "logs"
    logs.mkdir(parents=True)
    holder = subprocess.Popen(
        ["flock", str(logs / ".lock"), "sh", "-c", "echo held; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    assert cron.run() == 75
    assert "still at work" in cron.log
    assert fake.calls == []
    holder.communicate("go\n")
    assert cron.run() == 0


def test_old_logs_go(cron: Cron) -> None:
    logs = cron.project / "data" / "logs"
    logs.mkdir(parents=True)
    old, other = logs / "2020-01-01.log", logs / "notes.log"
    for path in (old, other):
        path.touch()
        os.utime(path, (0, 0))
    assert cron.run() == 0
    assert not old.exists()
    assert other.exists(), "only logs of the wrapper"


def test_the_crontab_names_what_the_wrapper_reads() -> None:
    documented = set(re.findall(r"^#   ([A-Z_]+) ", WRAPPER.read_text(encoding="utf-8"), re.MULTILINE))
    lines = (EXAMPLES / "cron" / "crontab").read_text(encoding="utf-8").splitlines()
    used = {line.split("=")[0] for line in lines if re.match(r"[A-Z_]+=", line)}
    assert used <= documented
    [job] = [line for line in lines if re.match(r"[\d*]", line)]
    assert re.fullmatch(r"(\S+ ){5}/\S+/examples/cron/report\.sh", job)


def test_the_real_command(
    project: Path, shop_files: Path, tmp_path: Path, environment: Callable[..., dict[str, str]]
) -> None:
    """Load, publish, alert and mail; then a page that raises: the mail says so and the site stays."""
    add_report(project)
    shutil.copytree(shop_files, project / "files")
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "shopbook", f'#!/bin/sh\nexec "{sys.executable}" -m analysis_lib.cli "$@"\n')
    cron = Cron(project, folder, environment)
    assert cron.run(REPORT_ARGS="--renderer builtin --window-days 28") == 24, cron.log
    assert "ALERT fewer (warn): Orders" in cron.mail
    assert "28 days" in cron.mail
    published = (project / "reports" / "_site" / "index.html").read_bytes()
    write_page(project, "raise ValueError('no')")
    assert cron.run(REPORT_ARGS="--renderer builtin") == 20
    assert "ValueError: no" in cron.mail
    assert (project / "reports" / "_site" / "index.html").read_bytes() == published
