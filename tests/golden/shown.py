"""What a reader sees: cards, findings, stamps and tables of rendered pages, and the text of the PDFs."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag

NO_BREAK = "\u00a0"


def plain(text: str) -> str:
    """Without line breaks, double blanks and no-break blanks."""
    return re.sub(r"\s+", " ", text.replace(NO_BREAK, " ")).strip()


def text_in(parent: Tag, selector: str) -> str:
    """The text of the first match; empty where there is none."""
    found = parent.select_one(selector)
    return plain(found.get_text(" ")) if found else ""


@dataclass(frozen=True)
class ShownCard:
    """A KPI card as text; `data` holds its data-… attributes."""

    label: str
    value: str
    change: str
    notes: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownFinding:
    """A finding: its bold first sentence, and all of it."""

    headline: str
    text: str


class Page:
    """One rendered page."""

    def __init__(self, html: str) -> None:
        self.soup = BeautifulSoup(html, "html.parser")

    @classmethod
    def read(cls, file: Path) -> Page:
        """The page in a file."""
        return cls(file.read_text(encoding="utf-8"))

    @property
    def stamp(self) -> str:
        """The line under the title."""
        return text_in(self.soup, ".stamp")

    @property
    def cards(self) -> list[ShownCard]:
        """Every card, in order."""
        return [card_of(card) for card in self.soup.select(".kpi-card")]

    @property
    def findings(self) -> list[ShownFinding]:
        """Every finding, and every banner (which has no headline)."""
        return [
            ShownFinding(text_in(box, "strong, b, .finding-headline"), plain(box.get_text(" ")))
            for box in self.soup.select(".finding")
        ]

    @property
    def total_rows(self) -> dict[tuple[str, str], list[str]]:
        """The cells beside the label of each row that is marked as a total, by table and label."""
        found = {}
        for row in self.soup.select("tr[data-total=true]"):
            box = row.find_parent(id=True)
            label, *cells = cells_of(row)
            found[str(box["id"]) if isinstance(box, Tag) else "", label] = cells
        return found

    def row(self, table: str, label: str) -> list[str]:
        """The cells beside the label of a row of a table."""
        found = [cells_of(row) for row in self.soup.select(f"#{table} tbody tr")]
        rows = [cells for first, *cells in filter(None, found) if first == label]
        assert len(rows) == 1, f"the table {table} has {len(rows)} rows named {label}"
        return rows[0]


def cells_of(row: Tag) -> list[str]:
    """The cells of a row as text."""
    return [plain(cell.get_text(" ")) for cell in row.find_all(["td", "th"])]


def card_of(card: Tag) -> ShownCard:
    """A card from its element."""
    notes = " ".join(plain(note.get_text(" ")) for note in card.select(".kpi-note"))
    data = {name: str(value) for name, value in card.attrs.items() if name.startswith("data-")}
    return ShownCard(
        text_in(card, ".kpi-label"), text_in(card, ".kpi-value"), text_in(card, ".kpi-change"), notes, data
    )


def pdf_text(file: Path) -> str:
    """All text of a PDF in reading order, as one line."""
    if shutil.which("pdftotext"):
        command = ["pdftotext", "-raw", "-enc", "UTF-8", str(file), "-"]
        return plain(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    from pypdf import PdfReader

    return plain(" ".join(page.extract_text() for page in PdfReader(file).pages))
