"""What a person reads after training: figures and names at any width of the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from training.showing import show_comparison

INTERVAL = {"value": 0.857, "low": 0.761, "high": 0.919}
NAMES = {"zh": "单调提升树（LightGBM）", "en": "monotone trees (LightGBM)"}
BAR = {"zh": "仅用净销售额", "en": "turnover alone"}
MEASURED = {
    "test_words": {"zh": "重复交叉检验", "en": "repeated folds"},
    "words": NAMES,
    "auc": INTERVAL,
    "ks": INTERVAL,
    "comparison": [{"words": BAR, "auc": INTERVAL, "ks": INTERVAL, "champion_minus_it": INTERVAL}],
}


@pytest.mark.parametrize("width", [80, 120, 140, 200])
def test_no_name_is_broken_into_single_letters(width: int) -> None:
    """Each name stands whole on one line, and each row of figures is one line, also in a terminal of 80 columns."""
    console = Console(file=io.StringIO(), width=width, soft_wrap=True)
    show_comparison(console, MEASURED, {"zh": "模拟数据", "en": "simulated"})
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for words in (NAMES, BAR):
        assert f"{words['zh']} {words['en']}" in text
    assert len([line for line in text.splitlines() if "0.857 [0.761, 0.919]" in line]) == 2
    assert len(text.splitlines()) < 12
