"""Opening a page for the person who sits at this machine, if there is one."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser


def open_browser(url: str) -> bool:
    """Open ``url`` in the person's browser and tell whether there is one.

    A machine without a screen has none, though a browser for text may be installed, which would take over the terminal.
    The variable ``BROWSER`` names one in any case.
    """
    has_screen = sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if not has_screen and not os.environ.get("BROWSER"):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    # Some browsers return only when their window is closed.
    threading.Thread(target=browser.open, args=(url,), name="automl-browser", daemon=True).start()
    return True
