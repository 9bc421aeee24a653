"""The colours of figures and pictures.

They are those of Okabe and Ito (2008, "Color Universal Design") that stand out on a white page and on a nearly black
one, with an olive instead of their yellow; people who see colours differently can tell them apart.
"""

from __future__ import annotations

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#999933")
GREY = "#828282"  # can be read on both pages
