"""`shopbook load`: a shop's files, or a table of its database, into its raw tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.errors import ParameterError, SettingsError
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings
from analysis_lib.sources.bigquery.places import is_bucket, is_there, read_bucket, read_place
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.load import load as load_files
from analysis_lib.sources.place import source_folder
from analysis_lib.sources.postgres.address import is_address
from analysis_lib.sources.summary import LoadSummary
from analysis_lib.sources.written import parse_formats
from analysis_lib.verbs.load_database import NO_CHOICE, DatabaseChoice, wanted_database
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import BIGQUERY, which_shop

if TYPE_CHECKING:
    from analysis_lib.sources.bigquery.upload import Upload


@dataclass(frozen=True)
class Wanted:
    """What a load is to read, and into which shop; `tables` None: all of the source.

    `places` are paths, or the address of a database, of which `choice` says what is read. `formats` say how
    columns are written, as `table.column=reading`.
    """

    shop: str
    source: str
    places: Sequence[str | Path]
    tables: Sequence[str] | None = None
    choice: DatabaseChoice = NO_CHOICE
    formats: Sequence[str] = ()


def profile_load(settings: Settings) -> Wanted:
    """What the shop's profile says is to be loaded.

    Raises
    ------
    SettingsError
        There is no profile, or it does not say what to load.
    """
    if not settings.profile:
        if not settings.shop and settings.profiles:
            raise which_shop(settings)
        whose = f"The shop {settings.shop} has" if settings.shop else "There is"
        raise SettingsError(
            f"{whose} no profile in shopbook.toml that says what to load.",
            "Write one with shopbook init, or name it: shopbook load thelook --from FOLDER",
        )
    for key, value in (("source", settings.source), ("from", settings.places)):
        if not value:
            raise SettingsError(
                f"In shopbook.toml, [shops.{settings.profile}] has no key {key}: nothing can be loaded.",
                "Add it, or give it as a flag: shopbook load thelook --from FOLDER",
            )
    places = [
        place if is_address(place) or is_there(place) else settings.root / Path(place).expanduser()
        for place in settings.places
    ]
    choice = DatabaseChoice(**settings.database)
    if choice.query_file:
        choice = replace(choice, query_file=str(settings.root / Path(choice.query_file).expanduser()))
    return Wanted(
        settings.profile, settings.source, places, settings.tables, choice, formats=settings.formats
    )


def wanted_load(settings: Settings, source: str, places: Sequence[str | Path], shop: str = "") -> Wanted:
    """What a load is to read: what was named, and the rest from the shop's profile.

    Raises
    ------
    SettingsError
        Neither says what to load, or they contradict each other.
    """
    if settings.profile and settings.source and source and source != settings.source:
        if shop or not places:
            raise SettingsError(
                f"The shop {settings.profile} is of the source {settings.source} in shopbook.toml, "
                f"not of {source}.",
                "Load into another shop, with --from and --shop NAME.",
            )
        return Wanted(source, source, places)
    if not places:
        return profile_load(settings)
    source = source or settings.source
    if not source:
        raise SettingsError(
            "The files are named, but not what they are.",
            "Name the source: shopbook load thelook --from FOLDER",
        )
    return Wanted(shop or settings.shop or source, source, places, formats=settings.formats)


def load_shop(
    settings: Settings,
    progress: Progress,
    wanted: Wanted,
    max_rejected_share: float | None = None,
    only: Collection[str] | None = None,
) -> LoadSummary:
    """Load into a shop of the warehouse what is wanted; to BigQuery only what is new travels.

    `only` are the names of the files that are loaded, as the ledger has them; all when None.

    Raises
    ------
    MissingInputError
        For a source that does not exist, or a path that is not there.
    ParameterError
        When `max_rejected_share` is not a share, or flags do not go together.
    ShopbookError
        Whatever is wrong with the files; the warehouse is then as it was.
    """
    source_folder(wanted.source, settings.sources)
    share = settings.max_rejected_share if max_rejected_share is None else max_rejected_share
    if not 0 <= share <= 1:
        raise ParameterError(f"--max-rejected-share was given {share}, but it takes a share from 0 to 1.")
    formats = parse_formats(wanted.formats)
    if any(isinstance(place, str) and is_there(place) for place in wanted.places):
        return _load_there(settings, progress, wanted, share)
    database = wanted_database(wanted.places, wanted.choice, wanted.tables)
    with _opened(settings, wanted) as warehouse, progress.stage("load") as step:
        if database:
            from analysis_lib.sources.postgres.load import load_from_postgres

            return load_from_postgres(
                warehouse,
                wanted.source,
                *database,
                step,
                own_sources=settings.sources,
                temp_dir=settings.temp_dir,
                max_rejected_share=share,
                formats=formats,
            )
        return load_files(
            warehouse,
            wanted.source,
            [Path(place) for place in wanted.places],
            wanted.tables,
            step,
            root=settings.root,
            own_sources=settings.sources,
            temp_dir=settings.temp_dir,
            max_rejected_share=share,
            formats=formats,
            only=only,
        )


def _load_there(settings: Settings, progress: Progress, wanted: Wanted, share: float) -> LoadSummary:
    """What is in Google's cloud already is loaded there, or read in place, by a shop that is there, too."""
    places = [str(place) for place in wanted.places]
    if settings.engine != BIGQUERY:
        raise SettingsError(
            f"{places[0]} is loaded by a shop on BigQuery, and this one is in a DuckDB file.",
            "Add --warehouse bigquery, or download files and load these.",
        )
    buckets = [place for place in places if is_bucket(place)]
    if len(buckets) != len(places) and len(places) > 1:
        raise ParameterError("--from takes objects of buckets, or one dataset of BigQuery, and nothing else.")
    if wanted.choice.flags:
        raise ParameterError(
            f"{wanted.choice.flags[0]} is for a database, and --from names {places[0]}.",
            "Give --from postgresql://host/database.",
        )
    if buckets and wanted.formats:
        raise ParameterError("--format is for files on this machine, and --from names a bucket.")
    from analysis_lib.sources.bigquery.in_place import load_in_place
    from analysis_lib.sources.bigquery.objects import load_from_buckets
    from analysis_lib.sources.bigquery.upload import uploading

    definition = read_source(wanted.source, settings.sources)
    from_buckets = [read_bucket(place) for place in buckets]
    place = None if buckets else read_place(places[0])
    with uploading(settings, wanted.shop, definition) as upload, progress.stage("load") as step:
        if place:
            return load_in_place(upload, place, wanted.tables, step, max_rejected_share=share)
        return load_from_buckets(upload, from_buckets, wanted.tables, step, max_rejected_share=share)


def _opened(
    settings: Settings, wanted: Wanted
) -> AbstractContextManager[DuckDBWarehouse] | AbstractContextManager[Upload]:
    """Where a load reads: the DuckDB file, or one beside it whose rows go on to BigQuery."""
    if settings.engine != BIGQUERY:
        return DuckDBWarehouse(settings, wanted.shop)
    from analysis_lib.sources.bigquery.upload import uploading

    return uploading(settings, wanted.shop, read_source(wanted.source, settings.sources))


def load_new(
    settings: Settings, progress: Progress, only: Collection[str] | None = None
) -> LoadSummary | None:
    """Load what is new where the shop's profile says that its data come from; None where it does not say.

    With `only` files of these names, as in :func:`load_shop`. What was done in detail is said to `progress`.

    Raises
    ------
    ShopbookError
        As in :func:`load_shop`.
    """
    if not settings.places:
        return None
    summary = load_shop(settings, progress, profile_load(settings), only=only)
    for line in (f"shop {settings.profile}:", *summary.lines()):
        progress.say(line)
    return summary


def load(
    settings: Settings,
    progress: Progress,
    source: str = "",
    places: Sequence[str | Path] = (),
    shop: str = "",
    tables: Sequence[str] | None = None,
    max_rejected_share: float | None = None,
    choice: DatabaseChoice = NO_CHOICE,
    formats: Sequence[str] = (),
) -> list[str]:
    """Load files, or a table of a database, into a shop; the lines of the summary.

    What is not said comes from the shop's profile. `choice` says what of a database is read.

    Raises
    ------
    ShopbookError
        As in :func:`wanted_load` and :func:`load_shop`.
    """
    wanted = wanted_load(settings, source, places, shop)
    wanted = replace(
        wanted,
        tables=tables or wanted.tables,
        choice=choice.over(wanted.choice),
        formats=formats or wanted.formats,
    )
    summary = load_shop(settings, progress, wanted, max_rejected_share)
    return [f"shop {wanted.shop}:", *summary.lines(), f"seconds: {progress.summary()}"]
