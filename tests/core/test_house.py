"""The house keeps its own rules: twins in step, everything public documented, nothing private inside."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from analysis_lib import cli, errors
from analysis_lib.parameters import PARAMETERS

ROOT = Path(__file__).resolve().parents[2]
# One library, two names: PyPI's, conda-forge's.
CONDA_NAMES = {"duckdb": "python-duckdb", "quarto-cli": "quarto"}
TOP_LEVEL = ["notebooks", "analysis_lib", "reports", "data", "tests", "_quarto.yml", "environment.yml"]


def _requirement(text: str) -> tuple[str, str]:
    name, bound = re.fullmatch(r"([A-Za-z0-9_.-]+)(>=.+)?", text.strip()).groups()
    return name.lower().replace("_", "-"), bound or ""


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout, so what is committed is not known")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_top_level_is_the_users():
    assert [name for name in TOP_LEVEL if not (ROOT / name).exists()] == []


def test_environment_yml_is_in_step_with_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        CONDA_NAMES.get(name, name): bound
        for name, bound in map(
            _requirement, [*project["dependencies"], *extras["bigquery"], *extras["quarto"]]
        )
    }
    wanted["python"] = project["requires-python"]
    document = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [entry for entry in document["dependencies"] if isinstance(entry, str) and entry != "pip"]
    [pip] = [entry["pip"] for entry in document["dependencies"] if isinstance(entry, dict)]
    found = dict(map(_requirement, [*conda, *(entry for entry in pip if not entry.startswith("--"))]))
    assert found == wanted


def test_the_readme_shows_every_verb():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in cli._VERBS if f"shopbook {verb}" not in text] == []


def test_every_parameter_is_defined_in_the_documentation():
    text = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert [name for name in PARAMETERS if f"`{name}`" not in text] == []


def test_every_error_has_an_exit_code_of_its_own_and_is_documented():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.ShopbookError)
    ]
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes)
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert [code for code in codes if f"| {code} |" not in text] == []


def test_links_between_documents_lead_somewhere():
    broken = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+\.md)\)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).is_file():
                broken.append(f"{path.name} → {target}")
    assert broken == []


def test_no_machine_path_and_no_secret_is_committed():
    # Written in pieces, so that this file does not find itself.
    private = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "BEGIN [A-Z ]*PRIVATE KEY"]))
    found = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if path.suffix in {".py", ".md", ".sql", ".yml", ".toml", ".ipynb", ".sh", ".css", ".typ", ""}
        and private.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_no_module_is_longer_than_four_hundred_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _tracked()
        if path.suffix == ".py" and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_the_files_that_are_run_first_are_there():
    listed = (ROOT / "tests" / "heavy_first.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in listed if not line.startswith("#") and not (ROOT / line).is_file()] == []
