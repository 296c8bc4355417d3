"""`fct_campaign_performance`: what each campaign cost and earned, day by day and model by model."""

from __future__ import annotations

import pandas as pd

from .attribution import MODELS
from .channel_rules import Channels
from .shop_tables import ShopTables
from .staging import money, ratio

NO_CAMPAIGN, NO_PLATFORM = "(no campaign)", "(no platform)"
KEY = ["calendar_date", "campaign_id", "platform"]


def fct_campaign_performance(shop: ShopTables, attribution: pd.DataFrame, channels: Channels) -> pd.DataFrame:
    """The mart; `attribution` from fct_attribution, with revenue in 1e-9 units."""
    staged = shop.staged
    has_spend = len(staged.marketing_spend) > 0
    spend = staged.marketing_spend.rename(columns={"date": "calendar_date"})
    spend = named(spend[spend["calendar_date"] <= staged.as_of])
    costs = spend.groupby(KEY)[["spend"]].sum().astype("int64")
    for name in ("clicks", "impressions"):
        costs[name] = spend.groupby(KEY)[name].sum(min_count=1)

    visits = shop.sessions[["session_date", "traffic_source", "campaign_id"]]
    visits = visits.rename(columns={"session_date": "calendar_date"})
    sources, ids = visits["traffic_source"].fillna("(not set)"), visits["campaign_id"].astype(object)
    platforms = [
        channels.of(source, campaign).platform for source, campaign in zip(sources, ids, strict=True)
    ]
    visits = named(visits.assign(platform=pd.Series(platforms, visits.index, dtype=object)))
    sessions = visits.groupby(KEY).size().rename("attributed_sessions")

    touches = named(attribution.rename(columns={"order_date": "calendar_date"}))
    parts = []
    earned_keys = touches[KEY].drop_duplicates()
    keys = pd.concat([costs.reset_index()[KEY], sessions.reset_index()[KEY], earned_keys]).drop_duplicates()
    for model in MODELS:
        of_model = touches[touches["attribution_model"] == model]
        new = of_model["credit"].where(of_model["is_new_customer"], 0.0)
        of_model = of_model.assign(attributed_new_customers=new)
        earned = of_model.groupby(KEY)[["credit", "attributed_new_customers", "credited_revenue"]].sum()
        rows = keys.merge(costs, how="left", on=KEY).merge(sessions, how="left", on=KEY)
        rows = rows.merge(earned, how="left", on=KEY)
        parts.append(rows.assign(attribution_model=model))
    found = pd.concat(parts, ignore_index=True)
    found = found.rename(columns={"credit": "attributed_orders"})
    for name in ("attributed_orders", "attributed_new_customers"):
        found[name] = found[name].astype("float64").fillna(0.0)
    for name in ("attributed_sessions", "credited_revenue"):
        found[name] = found[name].fillna(0).astype("int64")
    for name in ("spend", "clicks", "impressions"):
        is_known = has_spend and (name == "spend" or staged.marketing_spend[name].notna().any())
        found[name] = found[name].astype("Int64").fillna(0) if is_known else pd.NA
        found[name] = found[name].astype("Int64")
    revenue = found.pop("credited_revenue")
    found["ctr"] = ratio(found["clicks"], found["impressions"])
    found["cpc"] = ratio(found["spend"], found["clicks"]) / 1e9
    found["roas"] = ratio(revenue, found["spend"])
    found["cost_per_acquisition"] = ratio(found["spend"], found["attributed_orders"]) / 1e9
    found["cost_per_new_customer"] = ratio(found["spend"], found["attributed_new_customers"]) / 1e9
    found["attributed_revenue"] = money(revenue)
    found["spend"] = money(found["spend"])
    return found


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """What has no campaign and no platform says so."""
    campaign, platform = rows["campaign_id"].astype(object), rows["platform"].astype(object)
    return rows.assign(
        campaign_id=campaign.where(campaign.notna(), NO_CAMPAIGN),
        platform=platform.where(platform.notna(), NO_PLATFORM),
    )
