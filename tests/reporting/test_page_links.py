"""A finding leads to the page that answers the question which it raises."""

from __future__ import annotations

import html
import re

import pytest

from analysis_lib.pages import customers, inventory, marketing, overview, products
from analysis_lib.publish.typst_fonts import read_fonts
from analysis_lib.publish.typst_markup import from_html
from analysis_lib.reporting import findings
from analysis_lib.reporting.findings import Finding
from analysis_lib.settings import load_settings
from analysis_lib.shop import Shop

ROOT = load_settings().root
FONTS = read_fonts(ROOT / "reports/theme/brief/fonts")


@pytest.mark.parametrize(
    ("section", "pages"),
    [
        (overview.key_findings, {"funnel", "marketing"}),
        (marketing.key_findings, {"customers"}),
        (products.key_findings, set()),  # nothing is claimed of these products
        (inventory.key_findings, {"products"}),
        (customers.key_findings, set()),
    ],
)
def test_findings_lead_on(section: object, pages: set[str], two_months: Shop) -> None:
    made = section(two_months).text  # type: ignore[operator]
    linked = set(re.findall(r'<p class="page-links"><a href="(\w+)\.ipynb">', made))
    assert pages <= linked
    assert all((ROOT / "notebooks" / f"{name}.ipynb").is_file() for name in linked)
    for label, question in re.findall(r'<p class="page-links"><a [^>]*>(.*?)</a>: (.*?)\.</p>', made):
        assert label[0].isupper()
        assert not html.unescape(question)[0].isupper(), "the end of a sentence"


def test_a_brief_leaves_the_links_out() -> None:
    linked = findings.see(Finding("Stock lies still.", "For long."), "products", "which of it is looked at")
    markup = from_html(findings.show([linked], "").text, lambda figure: "", FONTS)
    assert "Stock lies still." in markup
    assert "looked at" not in markup


def test_no_finding_leads_nowhere() -> None:
    assert findings.see(None, "products", "anything") is None
