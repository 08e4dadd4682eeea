"""Measures: positions under the bank's policy, summed to one figure per enterprise that the sources and ceilings read.

What needs the rows of an enterprise (debtors, anchors, orders) is done here; `compute_limits` sees columns only.
"""

from models.limits.measures.assets import asset_facts
from models.limits.measures.measure import measure

__all__ = ["asset_facts", "measure"]
