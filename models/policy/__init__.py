"""The bank's policy as data: dated, sourced values in `parameters/**.yaml`, products in `products/*.yaml`.

`load_policy(on)` gives the values in force on a day. A change appends a date with its reference; nothing is edited.
"""

from models.policy.compare import Difference, differences
from models.policy.errors import PolicyFileInvalid, PolicyValueNotInForce, PolicyValueUnknown, ProductUnknown
from models.policy.load import DEFAULTS, load_policy
from models.policy.policy import OverlayUsed, Policy, ReviewOverdue, Unstated
from models.policy.product import Product

__all__ = [
    "DEFAULTS",
    "Difference",
    "OverlayUsed",
    "Policy",
    "PolicyFileInvalid",
    "PolicyValueNotInForce",
    "PolicyValueUnknown",
    "Product",
    "ProductUnknown",
    "ReviewOverdue",
    "Unstated",
    "differences",
    "load_policy",
]
