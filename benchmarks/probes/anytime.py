"""The engine's adapter, which also tells the score over time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "systems" / "automl"))

from adapter import Automl
from adapting import run
from curve import curve


class Anytime(Automl):
    """``automl.fit``, with its trials' times."""

    def told(self) -> dict[str, Any]:
        """Return what the adapter tells, and the curve."""
        return {**super().told(), **curve(self.run)}


if __name__ == "__main__":
    run(Anytime)
