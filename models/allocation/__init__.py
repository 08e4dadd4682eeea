"""Who gets how much at what rate: a budget shared out for the greatest expected profit within every bound."""

from models.allocation.applicants import Applicants, applicants_of
from models.allocation.menu import RateMenu, RateMenuInvalid, read_rate_menu
from models.allocation.plan import Allocation, BudgetNotUsable, allocate
from models.allocation.rules import SIMPLE_RULES, simple_rule
from models.allocation.terms import LendingTerms

__all__ = [
    "SIMPLE_RULES",
    "Allocation",
    "Applicants",
    "BudgetNotUsable",
    "LendingTerms",
    "RateMenu",
    "RateMenuInvalid",
    "allocate",
    "applicants_of",
    "read_rate_menu",
    "simple_rule",
]
