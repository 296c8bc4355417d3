"""Specification of dim_customers: what is expected of a buyer in the next twelve months."""

from __future__ import annotations

from tests.models.specify import sideways
from tests.models.test_dim_customers import ORDERS, customers, orders_on

HISTORY = sideways(
    """
    | user_id            | 1     | 1           | 2     |
    | fit                | final | calibration | final |
    | repeat_order_days  | 2     | 9           | 0     |
    | first_to_last_days | 10    | 9           | 0     |
    | first_to_end_days  | 30    | 9           | 30    |
    | valued_order_days  | 2     | 9           | 0     |
    | repeat_net_revenue | 60    | 900         | 0     |
    """
)
FIT = """
    | fit         | is_fitted | is_value_fitted | p    | q    | v    |
    | final       | true      | true            | 2    | 3    | 20   |
    | calibration | true      | true            | 99   | 99   | 99   |
"""
PREDICTIONS = """
    | repeat_order_days | first_to_last_days | first_to_end_days | probability_alive | predicted_orders_12m |
    | 2                 | 10                 | 30                | 0.5               | 4.0                  |
    | 0                 | 0                  | 30                | 1.0               | 0.5                  |
    | 9                 | 9                  | 9                 | 0.9               | 9.0                  |
"""
BUYERS = ORDERS + orders_on("1", "2024-03-01") + "\n" + orders_on("2", "2024-03-01")


def test_a_buyer_has_the_prediction_of_the_buyers_alike_and_a_value_between_all_and_their_own() -> None:
    # (p·(v + Σ own values)) / (p·number of them + q − 1): 2·(20 + 60) / (2·2 + 3 − 1), and 2·20 / (3 − 1)
    customers(
        int_orders=BUYERS,
        int_purchase_history=HISTORY,
        int_purchase_fit=FIT,
        int_purchase_predictions=PREDICTIONS,
        expect=sideways(
            """
        | user_id                       | 1          | 2   |
        | probability_alive             | 0.5        | 1   |
        | predicted_orders_12m          | 4          | 0.5 |
        | predicted_average_order_value | 26.6666667 | 20  |
        | predicted_net_revenue_12m     | 106.67     | 10  |
        """
        ),
    )


def test_nothing_is_predicted_of_a_prospect() -> None:
    customers(
        stg_users="| user_id | created_at |\n| 7 | 2024-01-01 |",
        int_purchase_history=HISTORY,
        int_purchase_fit=FIT,
        int_purchase_predictions=PREDICTIONS,
        expect=sideways(
            """
        | user_id                       | 7    |
        | probability_alive             | NULL |
        | predicted_orders_12m          | NULL |
        | predicted_average_order_value | NULL |
        | predicted_net_revenue_12m     | NULL |
        """
        ),
    )


def test_where_a_model_was_not_fitted_its_predictions_are_unknown_and_the_other_model_s_are_there() -> None:
    expect = sideways(
        """
        | user_id                       | 1    | 2    |
        | probability_alive             | 0.5  | 1    |
        | predicted_orders_12m          | 4    | 0.5  |
        | predicted_average_order_value | NULL | NULL |
        | predicted_net_revenue_12m     | NULL | NULL |
        """
    )
    customers(
        int_orders=BUYERS,
        int_purchase_history=HISTORY,
        int_purchase_fit="| fit | is_fitted | is_value_fitted |\n| final | true | false |",
        int_purchase_predictions=PREDICTIONS,
        expect=expect,
    )


def test_two_buyers_alike_in_their_days_share_a_prediction_and_not_a_value() -> None:
    customers(
        int_orders=BUYERS,
        int_purchase_history=sideways(
            """
        | user_id            | 1     | 2     |
        | fit                | final | final |
        | repeat_order_days  | 2     | 2     |
        | first_to_last_days | 10    | 10    |
        | first_to_end_days  | 30    | 30    |
        | valued_order_days  | 2     | 1     |
        | repeat_net_revenue | 60    | 10    |
        """
        ),
        int_purchase_fit=FIT,
        int_purchase_predictions=PREDICTIONS,
        expect="""
        | user_id | predicted_orders_12m | predicted_average_order_value |
        | 1       | 4                    | 26.6666667                    |
        | 2       | 4                    | 15                            |
        """,
    )
