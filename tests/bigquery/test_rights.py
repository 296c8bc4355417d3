"""docs/bigquery.md names every method of the API that is called, and each permission that these need."""

from __future__ import annotations

import re

from analysis_lib import cli
from analysis_lib.models import PACKAGE
from tests.demo_site import ROOT

TEXT = (ROOT / "docs" / "bigquery.md").read_text(encoding="utf-8")
RIGHTS = TEXT.split("\n## Rights\n")[1].split("\n## ")[0]
# What is called on a client of Google's library, and the methods of the API behind it.
CALLS = {
    "list_datasets": ("datasets.list",),
    "get_dataset": ("datasets.get",),
    "create_dataset": ("datasets.insert",),
    "list_tables": ("tables.list",),
    "get_table": ("tables.get",),
    "delete_table": ("tables.delete",),
    "update_table": ("tables.patch",),
    "query": ("jobs.insert", "jobs.get", "jobs.getQueryResults", "jobs.cancel"),
    "load_table_from_file": ("jobs.insert", "jobs.get"),
    "load_table_from_uri": ("jobs.insert", "jobs.get"),
    "get_job": ("jobs.get",),
    "cancel_job": ("jobs.cancel",),
    "delete_dataset": ("datasets.delete",),
    "list_blobs": ("objects.list",),
    "close": (),
}
STORAGE = {"CreateReadSession", "ReadRows"}
# Requests as the service sees them.
REQUESTS = {
    r"GET .*/datasets": "datasets.list",
    r"POST .*/datasets": "datasets.insert",
    r"GET .*/datasets/\w+": "datasets.get",
    r"GET .*/datasets/\w+/tables": "tables.list",
    r"GET .*/datasets/\w+/tables/\w+": "tables.get",
    r"DELETE .*/datasets/\w+/tables/\w+": "tables.delete",
    r"POST .*/jobs": "jobs.insert",
    r"PUT .*/upload/.*/jobs/[\w-]+": "jobs.insert",
    r"GET .*/jobs/[\w-]+": "jobs.get",
    r"POST .*/jobs/[\w-]+/cancel": "jobs.cancel",
    r"DELETE .*/datasets/\w+": "datasets.delete",
    r"GET .*/queries/[\w-]+": "jobs.getQueryResults",
}


def documented() -> dict[str, set[str]]:
    """Method to its permissions, as the table of the document says."""
    found = {}
    for line in RIGHTS.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and "`" in cells[0]:
            permissions = set(re.findall(r"`((?:bigquery|storage)\.\w+\.\w+)`", cells[2]))
            found |= dict.fromkeys(re.findall(r"`([\w.]+)`", cells[0]), permissions)
    return found


def test_the_service_sees_no_method_that_is_not_documented(fake_project):
    assert cli.main(["--quiet", "query", "select 1 as n"]) == 0
    assert cli.main(["--quiet", "build", "--select", "stg_events,stg_order_items,rule_rfm_segments"]) == 0
    seen = set()
    for request in set(fake_project.asked):
        [method] = [name for pattern, name in REQUESTS.items() if re.fullmatch(pattern, request)]
        seen.add(method)
    assert seen <= documented().keys()
    assert {"jobs.insert", "tables.delete", "tables.list", "datasets.list"} <= seen
    assert fake_project.loads


def test_every_call_in_the_code_is_one_of_them_and_none_is_documented_in_vain():
    files = [*(PACKAGE / "warehouse").glob("*.py"), *(PACKAGE / "sources" / "bigquery").glob("*.py")]
    called = {
        name for file in files for name in re.findall(r"\bclient\.([a-z_]+)\(", file.read_text("utf-8"))
    }
    assert called <= CALLS.keys(), "a new call: add it here and to the table of docs/bigquery.md"
    methods = {method for name in called for method in CALLS[name]}
    assert methods | STORAGE == documented().keys()


def test_the_role_of_ones_own_has_each_permission_and_no_other():
    role = RIGHTS.split("--permissions=")[1].split("\ngcloud")[0]
    wanted = {name for names in documented().values() for name in names if name.startswith("bigquery.")}
    assert set(re.findall(r"bigquery\.\w+\.\w+", role)) == wanted


def test_the_roles_that_errors_name_are_in_the_document():
    from analysis_lib.warehouse.bigquery_failures import _ROLES

    named = {role.split(" ")[0] for key, role in _ROLES.items() if key.startswith("bigquery.")}
    assert {role for role in named if role not in TEXT} == set()
