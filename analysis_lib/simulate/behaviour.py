"""The planted behaviour: what the simulated people do, in numbers.

Everything here reaches ``truth.json`` as it stands, so that an analysis can be held against it.
"""

from __future__ import annotations

import numpy as np

from analysis_lib.simulate.arrays import Array

DEVICES = ("desktop", "mobile", "tablet")
SOURCES = ("Organic", "Adwords", "Facebook", "YouTube", "Email")
STATES = ("prospect", "customer")
STEPS = ("view", "cart", "purchase")
STAGES = ("visit", "view", "cart", "purchase")
BROWSERS = ("Chrome", "Safari", "Firefox", "Edge", "Other")
DEPARTMENTS = ("Women", "Men")

# P(step | the step before it) of a prospect who comes by Organic, by device: view, cart, purchase.
STEP_BY_DEVICE = np.array([[0.66, 0.130, 0.31], [0.58, 0.098, 0.20], [0.63, 0.115, 0.26]])
# What a traffic source multiplies each of the three by.
STEP_BY_SOURCE = np.array(
    [[1.00, 1.00, 1.00], [1.04, 1.08, 1.05], [0.90, 0.85, 0.88], [0.82, 0.75, 0.80], [1.10, 1.12, 1.12]]
)
# What having bought before multiplies each of the three by.
STEP_OF_CUSTOMER = np.array([1.15, 1.80, 1.65])

DEVICE_BY_SOURCE = np.array(
    [[0.46, 0.46, 0.08], [0.48, 0.45, 0.07], [0.22, 0.70, 0.08], [0.28, 0.62, 0.10], [0.44, 0.48, 0.08]]
)
# Which device a person with this main device uses on a later visit.
DEVICE_ON_RETURN = np.array([[0.90, 0.08, 0.02], [0.10, 0.88, 0.02], [0.06, 0.10, 0.84]])
BROWSER_BY_DEVICE = np.array(
    [[0.60, 0.14, 0.11, 0.12, 0.03], [0.47, 0.46, 0.03, 0.01, 0.03], [0.38, 0.54, 0.03, 0.02, 0.03]]
)
DEPARTMENT_SHARES = np.array([0.57, 0.43])
# The traffic source of a visit that is not the first, by state.
SOURCE_ON_RETURN = np.array([[0.50, 0.22, 0.15, 0.05, 0.08], [0.45, 0.15, 0.08, 0.02, 0.30]])

# A prospect comes back with this probability after a visit that got so far (visit, view, cart) …
RETURN_AFTER = np.array([0.66, 0.77, 0.85])
# Who has an account and does not come back after that comes back all the same with this probability.
RETURN_OF_USER = 0.40
# … after MINIMUM_GAP plus a log-normal gap with this median (days) and spread.
RETURN_GAP_MEDIAN_DAYS = np.array([7.0, 4.0, 1.2])
RETURN_GAP_SIGMA = 1.25
# Visits of one person start at least this far apart in operating time (see clock.py).
MINIMUM_GAP_SECONDS = 8 * 3600

# Repeat orders: BG/NBD in weeks. Rate ~ Gamma(r, α); after every repeat order drop-out ~ Beta(a, b).
REPEAT_R, REPEAT_ALPHA = 0.70, 13.0
DROP_OUT_A, DROP_OUT_B = 0.90, 2.6

# Signing up in a visit without an order, by how far it got (visit, view, cart).
SIGN_UP_AFTER = np.array([0.0, 0.14, 0.40])
# Who has an account: known from the first event, logs in on the way, or never logs in.
IDENTITY_OF_USER = np.array([0.70, 0.17, 0.13])
# In a visit that ends in an order the third is not possible.
IDENTITY_OF_BUYER = np.array([0.80, 0.20, 0.0])

# Source sessions of two or more events that pause for longer than the session gap.
PAUSE_PROBABILITY = 0.006
PAUSE_SECONDS = (2400, 4800)
LONGEST_STEP_SECONDS = 1200
LONGEST_SESSION_SECONDS = 3600

# Extra order lines beyond the first: Poisson with a mean that is Gamma(shape, scale) over people.
BASKET_SHAPE, BASKET_SCALE = 1.3, 0.42
PARTNER_PROBABILITY = 0.35
CATEGORY_AFFINITIES = (
    ("Dresses", "Accessories", 6.0),
    ("Outerwear & Coats", "Sweaters", 6.0),
    ("Swim", "Shorts", 7.0),
    ("Active", "Leggings", 7.0),
    ("Suits & Sport Coats", "Socks", 8.0),
    ("Sleep & Lounge", "Intimates", 6.0),
    ("Jeans", "Tops & Tees", 6.0),
)
EMAIL_COUPON_PROBABILITY, EMAIL_COUPON_PERCENT = 0.45, 10
LINE_CANCELLED_PROBABILITY = 0.012
CANCEL_EVENT_OF_ORDER, CANCEL_EVENT_OF_CART = 0.5, 0.2


def step_probabilities() -> Array:
    """The planted P(step | the step before), rounded to four places.

    Returns
    -------
    Array
        Shape (state, device, source, step), in the order of STATES, DEVICES, SOURCES and STEPS. The
        category's factor on the cart step averages to one, so these are the marginal probabilities.

    Examples
    --------
    >>> step_probabilities().shape
    (2, 3, 5, 3)
    """
    state = np.stack([np.ones(3), STEP_OF_CUSTOMER])
    product = state[:, None, None, :] * STEP_BY_DEVICE[None, :, None, :] * STEP_BY_SOURCE[None, None, :, :]
    return np.asarray(np.round(product, 4))


def customer_conversion() -> Array:
    """P(order | visit) of a customer by main device, over the devices and sources of later visits.

    A customer's visits come at rate ÷ this probability, so that the orders among them come at the rate.

    Examples
    --------
    >>> bool((customer_conversion() > 0.02).all())
    True
    """
    order = step_probabilities()[1].prod(axis=2)
    return np.asarray(DEVICE_ON_RETURN @ (order @ SOURCE_ON_RETURN[1]))
