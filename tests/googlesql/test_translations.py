"""What is kept of translations: always what a translation of today gives, whatever the folder holds."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.errors import ParameterError, QueryError
from analysis_lib.models import PACKAGE, Project, read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.settings import load_settings
from analysis_lib.warehouse import dialect, kept, translations
from analysis_lib.warehouse.kept import Kept
from analysis_lib.warehouse.translations import ModelQuery, Translations
from tests.translations import TRANSLATIONS

Schema = Mapping[str, Mapping[str, str]]
SQL = "select n, day from t where day <= @as_of and n > @least"
VALUES = {"as_of": dt.date(2026, 3, 31), "least": 1}
SCHEMA = {"t": {"n": "INT64", "day": "DATE"}}
_translate = dialect.to_duckdb
_once = Translations(None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def ask(
    folder: Path | None,
    sql: str | ModelQuery = SQL,
    values: Mapping[str, Any] = VALUES,
    schema: Schema = SCHEMA,
) -> str | None:
    """As another process would ask, which remembers nothing."""
    return Translations(folder).to_duckdb(sql, values, schema.get)


def directly(sql: str | ModelQuery = SQL, values: Mapping[str, Any] = VALUES, schema: Schema = SCHEMA) -> str:
    """What the dialect layer gives."""
    return _translate(sql.tree if isinstance(sql, ModelQuery) else sql, values, schema)


@pytest.fixture
def refuse_to_translate(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, nothing is parsed and nothing translated."""

    def refuse(*given: object) -> str:
        raise AssertionError("translated again")

    def close() -> None:
        translations.parsed.cache_clear()
        monkeypatch.setattr(dialect, "parse", refuse)
        monkeypatch.setattr(dialect, "to_duckdb", refuse)

    return close


class TestWhatIsFound:
    def test_another_process_translates_nothing(
        self, folder: Path, refuse_to_translate: Callable[[], None]
    ) -> None:
        first, expected = ask(folder), directly()
        refuse_to_translate()
        assert ask(folder) == first == expected

    def test_the_build_of_the_next_day_translates_nothing(
        self, folder: Path, refuse_to_translate: Callable[[], None]
    ) -> None:
        ask(folder)
        tomorrow = {**VALUES, "as_of": dt.date(2026, 4, 1)}
        expected = directly(values=tomorrow)
        refuse_to_translate()
        assert ask(folder, values=tomorrow) == expected

    def test_without_a_folder_it_is_found_in_this_process_only(
        self, refuse_to_translate: Callable[[], None]
    ) -> None:
        remembering = Translations(None)
        first = remembering.to_duckdb(SQL, VALUES, SCHEMA.get)
        refuse_to_translate()
        assert remembering.to_duckdb(SQL, VALUES, SCHEMA.get) == first
        with pytest.raises(AssertionError, match="translated again"):
            ask(None)

    def test_a_mistake_is_never_kept(self, folder: Path) -> None:
        for _ in range(2):
            with pytest.raises(QueryError, match="no column m"):
                ask(folder, "select m from t")
            with pytest.raises(ParameterError, match=r'no parameter as_off. Did you mean "as_of"'):
                ask(folder, "select n from t where day = @as_off")
            assert ask(folder, "select n from later") is None  # there is no such table yet
        later = {"later": {"n": "INT64"}}
        assert ask(folder, "select n from later", schema=later) == directly("select n from later", {}, later)


class TestEveryPartOfTheKey:
    """Whatever the translation depends on differs: what was kept for the one is not taken for the other."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"sql": SQL}, {"sql": SQL.replace("<=", "<")}),
            ({"sql": SQL}, {"sql": ModelQuery(SQL, (("t", "__next"),))}),
            ({"sql": "select 'a  b' as c from t"}, {"sql": "select 'a b' as c from t"}),
            ({"values": VALUES}, {"values": {**VALUES, "least": 2}}),
            ({"values": VALUES}, {"values": {**VALUES, "least": 1.0}}),
            ({"values": VALUES}, {"values": {**VALUES, "least": True}}),
            ({"values": VALUES}, {"values": {**VALUES, "least": Decimal(1)}}),
            ({"values": VALUES}, {"values": {**VALUES, "least": "1"}}),
            ({"values": VALUES}, {"values": {**VALUES, "as_of": dt.date(2026, 4, 1)}}),
            ({"values": VALUES}, {"values": {**VALUES, "as_of": "2026-03-31"}}),
            ({"values": VALUES}, {"values": {**VALUES, "as_of": None}}),
            ({"values": VALUES}, {"values": {**VALUES, "as_of": dt.datetime(2026, 3, 31, tzinfo=dt.UTC)}}),
            (
                {"sql": "select n / 2 as half from t"},
                {"sql": "select n / 2 as half from t", "schema": {"t": {"n": "NUMERIC"}}},
            ),
            (
                {"sql": "select * from t"},
                {"sql": "select * from t", "schema": {"t": {"day": "DATE", "n": "INT64"}}},
            ),
            (
                {"sql": "select * from t"},
                {"sql": "select * from t", "schema": {"t": {**SCHEMA["t"], "more": "STRING"}}},
            ),
        ],
    )
    def test_of_the_query(self, folder: Path, one: dict[str, Any], other: dict[str, Any]) -> None:
        both = {"t": SCHEMA["t"], "t__next": SCHEMA["t"]}
        cases = [{"schema": both, **case} for case in (one, other)]
        assert directly(**cases[0]) != directly(**cases[1]), "the case shows nothing"
        for case in (*cases, *cases):
            assert ask(folder, **case) == directly(**case)

    @pytest.mark.parametrize("part", ["dialect_numbers.py", "translations.py", "sqlglot"])
    def test_of_the_translator(self, folder: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
        read, version = Path.read_text, translations.importlib.metadata.version

        def edited(path: Path, encoding: str | None = None) -> str:
            return read(path, encoding) + ("# edited" if path.name == part else "")

        def released(name: str) -> str:
            return version(name) + (".1" if name == part else "")

        ask(folder)
        monkeypatch.setattr(Path, "read_text", edited)
        monkeypatch.setattr(translations.importlib.metadata, "version", released)
        assert translations.translator() != translations._TRANSLATOR
        # This process runs the code from before the edit: what it makes is nobody else's.
        before = set(os.listdir(folder))
        other = "select n + 1 as more from t"
        assert ask(folder, other) == directly(other)
        assert set(os.listdir(folder)) == before
        # A process that begins now runs the edited code, and takes nothing from before.
        monkeypatch.setattr(translations, "_TRANSLATOR", translations.translator())
        monkeypatch.setattr(dialect, "to_duckdb", lambda *given: "by the edited code")
        assert ask(folder) == "by the edited code"

    def test_what_a_query_does_not_read_is_no_part(
        self, folder: Path, refuse_to_translate: Callable[[], None]
    ) -> None:
        first = ask(folder)
        refuse_to_translate()
        assert ask(folder, values={**VALUES, "unused": 5}, schema={**SCHEMA, "u": {"m": "DATE"}}) == first


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project("thelook")


class TestDays:
    """A day stands as a mark in what is kept: putting another day in gives what translating it gives."""

    # All that the dialect rewrites around a day.
    QUERY = """
        select date_trunc(@a, month) as a1, date_trunc(@a, week(monday)) as a2,
          date_add(@a, interval 3 day) as a3, date_diff(@b, @a, day) as a4, extract(dayofweek from @a) as a5,
          format_date('%Y-%m', @b) as a6, timestamp(@a, @zone) as a7, cast(@b as timestamp) as a8,
          cast(@a as string) as a9, coalesce(day, @a) as a10, day between @a and @b as a11, @a as a12,
          concat('1601-01-09', @zone) as a13, greatest(@a, @b, day) as a14, if(day = @a, 1, 0) as a15
        from t, unnest(generate_date_array(@a, @b)) as each
        where day in (@a, @b) and each > date_sub(@a, interval 1 week)
    """

    @given(a=st.dates(), b=st.dates())
    def test_any_two_days(self, a: dt.date, b: dt.date) -> None:
        values = {"a": a, "b": b, "zone": "Europe/Berlin"}
        assert _once.to_duckdb(self.QUERY, values, SCHEMA.get) == directly(self.QUERY, values)

    @pytest.mark.parametrize("mark", [dt.date(1601, 1, 1), dt.date(1601, 1, 2)])
    def test_a_day_that_is_a_mark_itself(self, folder: Path, mark: dt.date) -> None:
        sql = f"select @a as a, @b as b, date '{mark}' as c, day from t"
        for values in ({"a": mark, "b": dt.date(2026, 1, 1)}, {"a": dt.date(2026, 1, 1), "b": mark}):
            assert ask(folder, sql, values) == directly(sql, values)

    @pytest.mark.parametrize(
        "name", sorted(path.stem for path in PACKAGE.rglob("*.sql") if "@as_of" in path.read_text("utf-8"))
    )
    def test_every_model(self, name: str, project: Project) -> None:
        model = project.get(name)
        schema = {table: project.schema(table) for table in model.inputs}
        values = make_parameters({"as_of": "2027-02-28"}).as_query_parameters()
        needed = {key: values[key] for key in model.parameters}
        assert ask(TRANSLATIONS, model.sql, needed, schema) == directly(model.sql, needed, schema)


class TestTheFolder:
    @pytest.mark.parametrize("harm", [b"", b"SELECT 1", b"\n", b"0" * 64 + b"\nSELECT 1", None])
    def test_an_entry_that_is_broken_is_made_again(self, folder: Path, harm: bytes | None) -> None:
        first = ask(folder)
        whole = {path: path.read_bytes() for path in folder.iterdir()}
        for path, entry in whole.items():
            path.write_bytes(entry[:-1] if harm is None else harm)
        assert ask(folder) == first
        assert {path: path.read_bytes() for path in folder.iterdir()} == whole

    def test_one_that_cannot_be_written_to_is_no_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert ask(tmp_path / "file") == ask(tmp_path / "file" / "below") == directly()

    def test_many_processes_write_and_read_at_once(self, folder: Path) -> None:
        with ProcessPoolExecutor(4) as pool:
            assert sum(pool.map(_put_and_get, [folder] * 4)) == 0
        assert not list(folder.glob(".*")), "a file was left half-written"

    def test_it_does_not_grow_without_end(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "_LOOK_EVERY", 1)
        for limits in ({"max_entries": 20}, {"max_bytes": 20 * (64 + 1 + 100)}):
            store = Kept(folder, **limits)
            for number in range(100):
                store.put(f"{number:03}", f"{number:0100}")
                os.utime(folder / f"{number:03}", (number, number))
            left = sorted(path.name for path in folder.iterdir())
            assert 10 <= len(left) <= 20
            assert left[-1] == "099", "the oldest go first"
            assert Kept(folder).get("099") == f"{99:0100}"
            assert Kept(folder).get("000") is None

    def test_where_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "_quarto.yml").touch()

        def at(**environment: str) -> Path | None:
            said = {f"SHOPBOOK_{name.upper()}": value for name, value in environment.items()}
            return load_settings(tmp_path, said).translations

        assert at() == tmp_path / "reports/_build/translations"
        assert at(build_dir="elsewhere") == tmp_path / "elsewhere/translations"
        assert at(translations="kept") == tmp_path / "kept"
        assert at(translations="off") is None


def _put_and_get(folder: Path) -> int:
    """How often a text came back otherwise than it was put."""
    wrong = 0
    for number in range(200):
        key = str(number % 7)
        Kept(folder).put(key, key * 5000)
        wrong += Kept(folder).get(key) != key * 5000
    return wrong
