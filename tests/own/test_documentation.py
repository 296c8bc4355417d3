"""docs/own-source.md is true: its commands run, its edit is enough, and the figures that it prints are these."""

from __future__ import annotations

import filecmp
import re
import shlex
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from examples.own_source.make import main, rows
from tests.demo_site import copy_project, environment_of

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "own-source.md").read_text(encoding="utf-8")
FILES = ROOT / "examples" / "own_source" / "files"


def _blocks(kind: str = "") -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", DOCUMENT, flags=re.M | re.S)
    return [text for said, text in found if said == kind]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without data, with the files of the example."""
    root = copy_project(tmp_path_factory.mktemp("own") / "project")
    shutil.copytree(FILES, root / "examples" / "own_source" / "files")
    return root


def _run(project: Path, command: str) -> subprocess.CompletedProcess[str]:
    arguments = shlex.split(command)[1:]
    return subprocess.run(
        [sys.executable, "-m", "analysis_lib.cli", "--quiet", *arguments],
        cwd=project,
        env=environment_of(project),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_the_files_of_the_example_are_those_that_the_script_writes(tmp_path: Path) -> None:
    main(tmp_path)
    names = sorted(path.name for path in FILES.iterdir())
    assert filecmp.cmpfiles(FILES, tmp_path, names, shallow=False) == (names, [], [])


def test_following_the_document_ends_in_a_report_of_the_pages_that_the_data_allow(project: Path) -> None:
    new, check, load, report = _blocks()[0].splitlines()
    drafted = _run(project, new)
    assert drafted.returncode == 0, drafted.stderr
    assert all(line in drafted.stdout for line in _blocks()[1].splitlines())

    before, after = _the_edit()
    path = project / "sources" / "pottery" / "stg_marketing_spend.sql"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")

    checked = _run(project, check)
    assert checked.returncode == 0, checked.stderr
    for line in _blocks()[2].splitlines():
        assert line.strip() == "…" or line in checked.stdout.splitlines()
    assert _totals(checked.stdout) == _recounted()

    loaded = _run(project, load)
    assert loaded.returncode == 0, loaded.stderr
    # The whole report takes a minute; one page is built, checked, run and rendered the same way.
    published = _run(project, report + " --only customers")
    assert published.returncode == 0, published.stderr
    assert "customers" in published.stdout
    listed = _run(project, report + " --list").stdout
    states = {
        line.split()[1]: line.endswith("has data") for line in listed.splitlines() if line.startswith("page")
    }
    assert [page for page, has_data in states.items() if has_data] == [
        "overview",
        "customers",
        "products",
        "quality",
    ]


def _the_edit() -> tuple[str, str]:
    """The line of the draft that the document shows, and what it says to write there."""
    [block] = _blocks("sql")
    old = block.splitlines()[-1].strip()
    [new] = re.findall(r"becomes `(.*?)`", DOCUMENT)
    return old, new


def _totals(printed: str) -> list[Decimal]:
    [line] = [line for line in printed.splitlines() if line.startswith("  all ")]
    return [Decimal(figure.replace(",", "")) for figure in line.split()[1:]]


def _recounted() -> list[Decimal]:
    """Orders, units, sales, discounts, cancellations, returns and net revenue, from the rows themselves."""
    files = rows()
    states = {order[0]: order[3] for order in files["sales_order.csv"][1:]}
    gross = off = cancelled = returned = Decimal(0)
    units = 0
    sold: dict[tuple[object, object], Decimal] = {}
    for _, order, sku, _, quantity, price, discount, _ in files["sales_order_item.csv"][1:]:
        value = Decimal(str(price)) * Decimal(str(quantity))
        gross += value
        off += Decimal(str(discount))
        units += int(str(quantity))
        sold[order, sku] = (value - Decimal(str(discount))) / Decimal(str(quantity))
        if states[order] == "canceled":
            cancelled += value - Decimal(str(discount))
    for _, order, sku, quantity, _ in files["sales_creditmemo_item.csv"][1:]:
        returned += sold[order, sku] * Decimal(str(quantity))
    orders = sum(state != "canceled" for state in states.values())
    money = [
        round(figure, 2) for figure in (gross, off, cancelled, returned, gross - off - cancelled - returned)
    ]
    return [Decimal(orders), Decimal(units), *money]
