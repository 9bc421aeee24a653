"""The number of the form in which runs and models are kept on disk.

It is raised by one whenever something that is kept gets or loses a part, or means something else: the plan, a row of
the study, the outcome, a fitted encoder, preparation or blend. What has another number is refused in one sentence
instead of failing somewhere inside. ``tests/storage/test_formats.py`` holds what belongs to the number.
"""

from __future__ import annotations

FORMAT = 2
