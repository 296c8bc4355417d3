"""The rule table of channel groups, read from its file by hand: which group a traffic source belongs to."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from pathlib import Path

import analysis_lib

from .staging import Staged

RULES = Path(analysis_lib.__file__).parent / "rules" / "channel_groups.csv"


@dataclass(frozen=True)
class Channel:
    """What a rule says of a traffic source."""

    channel_group: str
    platform: str | None
    is_direct: bool


UNASSIGNED = Channel("Unassigned", None, False)  # no rule names the source


class Channels:
    """The rules of a shop, and the platforms on which its campaigns have ad spend by as_of."""

    def __init__(self, staged: Staged, path: Path = RULES) -> None:
        spend = staged.marketing_spend[staged.marketing_spend["date"] <= staged.as_of]
        spelled = {platform.lower(): platform for platform in sorted(spend["platform"].dropna())}
        of_campaign = spend.groupby("campaign_id")["platform"].agg(lambda names: set(names.dropna()))
        self.platform_of_campaign = {
            campaign: min(names) for campaign, names in of_campaign.items() if len(names) == 1
        }
        self.rules: list[tuple[re.Pattern[str], Channel]] = []
        with path.open(encoding="utf-8", newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: int(row["rule_order"]))
        for row in rows:
            parts = map(re.escape, row["traffic_source"].split("*"))
            pattern = re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)
            platform = spelled.get(row["platform"].lower(), row["platform"]) or None
            channel = Channel(row["channel_group"], platform, row["is_direct"] == "true")
            self.rules.append((pattern, channel))

    def of(self, traffic_source: str, campaign_id: str | None = None) -> Channel:
        """The first rule that fits; the platform of the campaign's spend comes before that of the source."""
        fits = (channel for pattern, channel in self.rules if pattern.fullmatch(traffic_source))
        channel = next(fits, UNASSIGNED)
        platform = self.platform_of_campaign.get(campaign_id, channel.platform)
        return replace(channel, platform=platform)
