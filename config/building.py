"""What pyproject.toml can't say: the catalogs stand beside the package, and in a wheel they are within it."""

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py


class BuildWithCatalogs(build_py):
    """Builds the package with `locales/` as `bot/locales/`; an editable install reads them where they are."""

    def run(self) -> None:
        """Copy the modules, then the catalogs."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "bot", "locales")
            shutil.copytree("locales", target, ignore=shutil.ignore_patterns("*.mo", "*.pot"), dirs_exist_ok=True)
