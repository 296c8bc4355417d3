"""The command as an analyst meets it: what it prints, and what it says when something is wrong."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestInspecting:
    def test_models_lists_grain_state_rows_and_age(self, project, shopbook):
        code, out, _ = shopbook("models")
        assert code == 0
        assert "shop small (source thelook)" in out
        [line] = [line for line in out.splitlines() if line.startswith("fct_sessions ")]
        assert "one row a session" in line
        assert "built" in line

    @pytest.mark.parametrize("dialect", ["bigquery", "duckdb"])
    def test_sql_prints_a_query_that_runs(self, project, shopbook, dialect):
        import duckdb

        code, out, _ = shopbook("sql", "fct_daily_pnl", "--dialect", dialect)
        assert code == 0
        assert "@" not in out  # every parameter is filled in
        if dialect == "duckdb":
            with duckdb.connect(str(project / "data" / "warehouse.duckdb"), read_only=True) as connection:
                connection.execute("set TimeZone = 'UTC'; set schema = 'small'")
                rows = connection.execute(out).fetchall()
                assert rows
                mart = connection.execute("select * from fct_daily_pnl").fetchall()
                assert sorted(rows) == sorted(mart)
        else:
            code, answer, _ = shopbook("query", f"select count(*) as days from ({out})")
            assert (code, answer.split()[0]) == (0, "days")

    def test_query_runs_googlesql_with_the_run_parameters(self, project, shopbook):
        sql = "select countif(calendar_date = @as_of) as last_days from fct_daily_pnl"
        assert shopbook("query", sql, "--csv")[:2] == (0, "last_days\n1\n")

    def test_query_says_how_many_rows_it_did_not_show(self, project, shopbook):
        _, out, _ = shopbook("query", "select session_id from fct_sessions", "--limit", "2")
        assert "more rows; all with --csv" in out

    def test_doctor_says_what_will_be_used(self, project, shopbook):
        code, out, _ = shopbook("doctor")
        assert code == 0
        for what in ("Python", "duckdb", "quarto", "renderer", "memory limit", "small (thelook)"):
            assert what in out

    def test_a_build_that_changes_nothing_says_so(self, project, shopbook):
        code, out, _ = shopbook("build")
        assert code == 0
        assert "nothing changed" in out


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def renamed_column(folder: Path) -> None:
    import duckdb

    source, target = folder / "orders.parquet", folder / "renamed.parquet"
    duckdb.sql(
        f"copy (select * rename (created_at as created_on) from '{source}') to '{target}' (format parquet)"
    )
    target.replace(source)


class TestBadInput:
    """Each gives a sentence or two and an exit code of its own, and leaves the warehouse as it was."""

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (["reprt"], 2, 'Did you mean "report"'),
            (["load", "thelok", "--from", "."], 12, 'Did you mean "thelook"'),
            (["load", "thelook", "--from", "nowhere"], 12, "nowhere"),
            (["load", "thelook", "--from", ".", "--shop", "My Shop"], 11, "shop name"),
            (["build", "--set", "windw_days=7"], 10, 'Did you mean "window_days"'),
            (["build", "--set", "window_days"], 10, "NAME=VALUE"),
            (["build", "--as-of", "yesterday"], 10, "YYYY-MM-DD"),
            (["build", "--as-of", "1999-01-01"], 15, "data runs from"),
            (["build", "--select", "fct_sesions"], 18, 'Did you mean "fct_sessions"'),
            (["build", "--shop", "smal"], 12, 'Did you mean "small"'),
            (["sql", "fct_sesions"], 18, 'Did you mean "fct_sessions"'),
            (["query", "select 1 from fct_sesions"], 22, 'Did you mean "fct_sessions"'),
            (["query", "select evnts from fct_sessions"], 22, 'Did you mean "events"'),
            (["query", "selec 1"], 22, "line 1"),
            (["query", "select @asof"], 22, 'Did you mean "as_of"'),
            (["report", "--renderer", "word"], 2, "invalid choice"),
        ],
    )
    def test_flags_and_names(self, project, shopbook, arguments, code, said):
        before = fingerprint(project / "data" / "warehouse.duckdb")
        got, _, err = shopbook(*arguments)
        assert (got, said in err) == (code, True), err
        assert "Traceback" not in err
        if code != 12 or "load" not in arguments:
            assert fingerprint(project / "data" / "warehouse.duckdb") == before

    @pytest.mark.parametrize(
        ("damage", "code", "said"),
        [
            (lambda folder: (folder / "orders.parquet").write_bytes(b""), 14, "orders.parquet"),
            (lambda folder: cut(folder / "orders.parquet"), 14, "orders.parquet"),
            (renamed_column, 13, "created_on"),
        ],
        ids=["an empty file", "a cut file", "a renamed column"],
    )
    def test_files(self, project, shopbook, shop_files, tmp_path, damage, code, said):
        folder = tmp_path / "files"
        shutil.copytree(shop_files, folder)
        damage(folder)
        count = ("query", "select count(*) as orders from raw_orders", "--csv")
        before = shopbook(*count)
        got, _, err = shopbook("load", "thelook", "--from", str(folder), "--shop", "small")
        assert (got, said in err) == (code, True), err
        assert "Traceback" not in err
        assert shopbook(*count) == before

    def test_a_table_that_was_named_and_is_not_there(self, project, shopbook, shop_files, tmp_path):
        folder = tmp_path / "files"
        shutil.copytree(shop_files, folder)
        (folder / "orders.parquet").unlink()
        code, _, err = shopbook(
            "load", "thelook", "--from", str(folder), "--shop", "small", "--tables", "orders"
        )
        assert (code, "orders" in err) == (12, True), err

    def test_a_warehouse_that_another_process_holds(self, project, shopbook):
        path = project / "data" / "warehouse.duckdb"
        program = textwrap.dedent(
            f"""
            import duckdb, sys
            connection = duckdb.connect({str(path)!r})
            print("open", flush=True)
            sys.stdin.read()
            """
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "open\n"
            code, _, err = shopbook("build")
            assert (code, "another process" in err) == (16, True), err
            code, out, _ = shopbook("doctor")
            assert (code, "not readable now" in out) == (0, True)
        finally:
            holder.communicate("")

    def test_outside_a_project(self, tmp_path, monkeypatch, shopbook):
        monkeypatch.delenv("SHOPBOOK_PROJECT", raising=False)
        monkeypatch.chdir(tmp_path)
        code, _, err = shopbook("models")
        assert (code, "No Shopbook project" in err) == (11, True)

    def test_before_anything_was_loaded(self, tmp_path, monkeypatch, shopbook):
        (tmp_path / "_quarto.yml").touch()
        monkeypatch.setenv("SHOPBOOK_PROJECT", str(tmp_path))
        code, _, err = shopbook("build")
        assert (code, "shopbook load" in err) == (12, True)


def test_a_full_disk_is_said_and_leaves_the_marts(project, shopbook):
    # A file-size limit is what a test can set without a disk of its own; the error is the same kind.
    import resource

    # The first data block of DuckDB lies behind this: a write of any size fails.
    size = 65_536
    program = textwrap.dedent(
        f"""
        import resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
        from analysis_lib import cli
        sys.exit(cli.main(["--quiet", "build", "--set", "session_gap_minutes=5"]))
        """
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    before = shopbook("query", "select sum(net_revenue) as total, count(*) as n from fct_sessions", "--csv")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 17, done.stderr
    assert "Traceback" not in done.stderr
    after = shopbook("query", "select sum(net_revenue) as total, count(*) as n from fct_sessions", "--csv")
    assert after == before
