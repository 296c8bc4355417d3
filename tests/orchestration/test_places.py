"""Where new data are looked for: folders, or what is in the cloud, which stands here as a fake."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis_lib.errors import SettingsError
from analysis_lib.orchestration import places
from analysis_lib.orchestration.arrivals import Last, Runs, look
from analysis_lib.orchestration.folders import Folders
from analysis_lib.orchestration.places import InCloud, place_of
from analysis_lib.settings import Settings, load_settings
from analysis_lib.sources.bigquery import buckets, there
from analysis_lib.sources.bigquery.places import Bucket
from analysis_lib.warehouse import bigquery


def settings_of(folder: Path, address: str, engine: str = "duckdb") -> Settings:
    (folder / "_quarto.yml").touch()
    (folder / "shopbook.toml").write_text(
        f'[shops.mine]\nsource = "ga4"\nfrom = ["{address}"]\nwarehouse = "{engine}"\n'
        '[shops.mine.bigquery]\nproject = "a-project"\n'
    )
    return load_settings(folder, env={})


def test_paths_are_folders_of_this_machine_and_a_tick_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    place = place_of(settings_of(tmp_path, "incoming", "data/other.duckdb"))
    assert isinstance(place, Folders)
    assert (place.places, place.settings.lock_wait_seconds) == ([tmp_path / "incoming"], 1)


def test_a_database_is_left_to_the_schedule(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is found by loading"):
        place_of(settings_of(tmp_path, "postgresql://db/shop", "data/other.duckdb"))


@pytest.mark.parametrize(
    ("address", "first", "second"),
    [
        ("bigquery://shop.ga4", "bigquery:shop.ga4.events/20260301", "bigquery:shop.ga4.events/20260302"),
        ("gs://shop/export/*.csv", "gs://shop/export/a.csv", "gs://shop/export/b.csv"),
    ],
    ids=["dataset", "bucket"],
)
def test_what_is_in_the_cloud_is_new_when_it_is_there_and_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, first: str, second: str
) -> None:
    there_now = {first: "one"}
    ledger: dict[str, frozenset[str]] = {}

    @contextlib.contextmanager
    def fake_warehouse(settings: Settings, shop: str, read_only: bool) -> Iterator[SimpleNamespace]:
        assert (shop, read_only) == ("mine", bool(ledger)), "a tick writes nothing into a shop that is there"
        yield SimpleNamespace(settings=settings)

    def fake_parts(*_: object) -> dict[str, list[SimpleNamespace]]:
        return {"events": [SimpleNamespace(path=path, digest=digest) for path, digest in there_now.items()]}

    def fake_objects(_: object, bucket: Bucket) -> list[SimpleNamespace]:
        assert (bucket.name, bucket.pattern) == ("shop", "export/*.csv")
        return [SimpleNamespace(uri=uri, digest=digest) for uri, digest in there_now.items()]

    monkeypatch.setattr(bigquery, "BigQueryWarehouse", fake_warehouse)
    monkeypatch.setattr(there, "find_parts", fake_parts)
    monkeypatch.setattr(buckets, "client_of", lambda _: None)
    monkeypatch.setattr(buckets, "list_objects", fake_objects)
    monkeypatch.setattr(places, "shops", lambda _: {"mine": "ga4"} if ledger else {})
    monkeypatch.setattr(places, "ledger_of", lambda *_: ledger)
    place = place_of(settings_of(tmp_path, address, "bigquery"))
    assert isinstance(place, InCloud)
    history = SimpleNamespace(last=Last, runs=lambda _: Runs(), is_busy=lambda: False)
    asked = look(place, "", history).request
    assert asked
    assert asked.files == (first,)
    ledger[first] = frozenset(["one"])
    assert not look(place, "", history).request
    there_now |= {first: "changed", second: "one"}
    asked = look(place, "", history).request
    assert asked
    assert asked.files == (first, second)
