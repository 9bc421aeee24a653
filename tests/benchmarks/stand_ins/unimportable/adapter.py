"""A system that can't be imported."""

from adapting import Adapter, run


class Unimportable(Adapter):
    def start(self, job):
        import a_module_that_nobody_has  # noqa: F401


run(Unimportable)
