"""The stand-ins are programs of their own, no tests."""

collect_ignore_glob = ["*"]
