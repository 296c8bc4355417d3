"""`shopbook init`: a shop's profile in `shopbook.toml`, by asking or from flags."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from analysis_lib.errors import ParameterError, SettingsError, nearest
from analysis_lib.parameters import PARAMETERS, checked_parameter
from analysis_lib.profiles.document import FILE, Document, read_document
from analysis_lib.profiles.keys import is_shop_name
from analysis_lib.profiles.secrets import refuse_secrets
from analysis_lib.profiles.write import NewProfile, add_profile, next_command, profile_text
from analysis_lib.settings import SITE, find_root
from analysis_lib.sources.bigquery.places import is_there
from analysis_lib.sources.place import source_folder, source_names
from analysis_lib.sources.postgres.address import is_address
from analysis_lib.verbs.asking import Asker
from analysis_lib.verbs.init_look import look
from analysis_lib.verbs.new_project import make_project

T = TypeVar("T")
NEWEST = "newest"
_WHERE = "Where are the shop's data (a folder, file, pattern or postgresql://…; several with ; between them)"


@dataclass(frozen=True)
class Answers:
    """What flags gave; what is empty is asked for, or takes its default.

    `places` are as in a profile's key `from`, but relative to where the command was called; `folder` is that
    of the project, which is made when there is none.
    """

    shop: str = ""
    source: str = ""
    places: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""


def init(given: Answers, asker: Asker | None, here: Path) -> list[str]:
    """Write a profile, and make the project first where there is none.

    Parameters
    ----------
    given
        What the flags say.
    asker
        Asks for the rest; None takes defaults.
    here
        The folder that the command was called in.

    Raises
    ------
    SettingsError
        Something is missing and cannot be asked, the shop has a profile, or the answer to the last question
        was no.
    MissingInputError
        A place or source that is not there.
    """
    work = _Init(given, asker, here)
    return work.go()


class _Init:
    """The questions, in their order."""

    def __init__(self, given: Answers, asker: Asker | None, here: Path) -> None:
        self.given = given
        self.asker = asker
        self.here = here
        self.root, self.is_new = _root(given.folder, here)

    def go(self) -> list[str]:
        document = Document() if self.is_new else read_document(self.root / FILE)
        own = self.root / str(document.defaults.values.get("sources", "sources"))
        if self.is_new:
            self.say(f"There is no Shopbook project here: one is made in {self.root}.")
        places = self.value("--from", _WHERE, self.places, "", self.given.places)
        looked = [] if _is_address(places) else look([self.root / place for place in places], own)
        guess = looked[0].source if looked else ""
        kinds = f"What kind of data is it ({', '.join(source_names(own))})"
        source = self.value("--source", kinds, partial(_known_source, own), guess, self.given.source)
        lines = next((one.lines() for one in looked if one.source == source), [])
        if not lines and not _is_address(places):
            lines = [f"None of these files looks like a table of {source}: {_own_hint(places)}"]
        for line in lines:
            self.say(f"  {line}")
        default = source if source not in document.profiles else ""
        shop = self.value("--shop", "What is the shop's name", self.shop(document), default, self.given.shop)
        profile = NewProfile(shop, source, places, self.parameters(document), _site(document, shop))
        if self.asker:
            self.say(f"\n{profile_text(profile)}\n")
            if not self.asker.confirm(f"Write this to {FILE}"):
                raise SettingsError("Nothing was written.")
        made = make_project(self.root) if self.is_new else []
        document = add_profile(self.root / FILE, profile)
        return [
            *([f"project made in {self.root}: {', '.join(made)}"] if made else []),
            *([] if self.asker else lines),
            f"the profile of {shop} is in {self.root / FILE}",
            *_several(document),
            f"next: {_change(self.root, self.here)}{next_command(document, shop)}",
        ]

    def say(self, text: str) -> None:
        if self.asker:
            self.asker.say(text)

    def value(
        self, flag: str, question: str, read: Callable[[str], T], default: str, given: str | Sequence[str]
    ) -> T:
        """What a flag gave, else the answer, else the default."""
        text = given if isinstance(given, str) else ";".join(given)
        if text:
            return read(text)
        if self.asker:
            return self.asker.ask(question, default, read)
        if not default:
            raise SettingsError(
                f"The flag {flag} was not given, and there is no terminal to ask on.",
                "Add it, or call shopbook init on a terminal.",
            )
        return read(default)

    def places(self, text: str) -> list[str]:
        places = [part.strip() for part in text.split(";") if part.strip()]
        refuse_secrets("the answer", places, "from")
        if _is_address(places):
            return places
        paths = [self.here / Path(place).expanduser() for place in places]
        look(paths)
        return [_from_root(path, self.root) for path in paths]

    def shop(self, document: Document) -> Callable[[str], str]:
        def read(text: str) -> str:
            if not is_shop_name(text):
                raise SettingsError(
                    f"The shop name {text!r} cannot be used.",
                    "Take lower-case letters, digits and underscores, starting with a letter.",
                )
            if text in document.profiles:
                raise SettingsError(f"The shop {text} has a profile in {FILE} already.", "Take another name.")
            return text

        return read

    def parameters(self, document: Document) -> dict[str, object]:
        """The run parameters that differ from the project's own defaults."""
        asked = {
            "timezone": "In which time zone does its day begin",
            "currency": "In which currency is its money",
            "as_of": "Which last day counts (YYYY-MM-DD, or newest for the newest in the data)",
        }
        values: dict[str, object] = {}
        usual = {name: parameter.default for name, parameter in PARAMETERS.items()}
        usual |= document.defaults.parameters
        for name in [*asked, *(name for name in self.given.parameters if name not in asked)]:
            default = str(usual[name] or NEWEST)
            question, given = asked.get(name, name), self.given.parameters.get(name, "")
            value = self.value(f"--{name}", question, partial(parameter_of, name), default, given)
            if value != usual[name]:
                values[name] = value
        return values


def parameter_of(name: str, text: str) -> object:
    """A run parameter of an answer, which may be careless about case.

    Raises
    ------
    ParameterError
        It cannot be used; a time zone is named that is like it.

    Examples
    --------
    >>> parameter_of("currency", "eur"), parameter_of("as_of", "newest")
    ('EUR', None)
    >>> parameter_of("timezone", "Berlin")
    Traceback (most recent call last):
    analysis_lib.errors.ParameterError: ... Did you mean "Europe/Berlin"?
    """
    if name == "as_of" and text == NEWEST:
        return None
    try:
        return checked_parameter(name, text.upper() if name == "currency" else text)
    except ParameterError as error:
        if name != "timezone":
            raise
        zones = zoneinfo.available_timezones()
        cities = {zone.rsplit("/", 1)[-1]: zone for zone in sorted(zones)}
        city = nearest(text.rsplit("/", 1)[-1].replace(" ", "_"), cities)
        raise ParameterError(error.message, f'Did you mean "{cities[city]}"?' if city else "") from error


def _known_source(own: Path, text: str) -> str:
    source_folder(text, own)
    return text


def _root(folder: str, here: Path) -> tuple[Path, bool]:
    """The project's folder, and whether it is to be made."""
    start = (here / Path(folder).expanduser()).resolve() if folder else here.resolve()
    if not folder and os.environ.get("SHOPBOOK_PROJECT"):
        start = Path(os.environ["SHOPBOOK_PROJECT"]).resolve()
    try:
        return find_root(start), False
    except SettingsError:
        return start, True


def _is_address(places: Sequence[str]) -> bool:
    return any(is_address(place) or is_there(place) for place in places)


def _from_root(path: Path, root: Path) -> str:
    full = Path(os.path.abspath(path))
    return (full.relative_to(root) if full.is_relative_to(root) else full).as_posix()


def _own_hint(places: Sequence[str]) -> str:
    return f"shopbook source new NAME --from {' '.join(places)} drafts a source of your own."


def _site(document: Document, shop: str) -> str:
    """A folder of its own where another shop publishes already."""
    return f"{SITE}_{shop}" if document.profiles else ""


def _several(document: Document) -> list[str]:
    if len(document.profiles) < 2 or document.defaults.values.get("shop"):
        return []
    return [
        f"several shops have a profile now ({', '.join(document.profiles)}): name one with --shop, or write "
        f'shop = "{next(iter(document.profiles))}" at the top of {FILE}'
    ]


def _change(root: Path, here: Path) -> str:
    return "" if here.resolve().is_relative_to(root) else f"cd {root} && "
