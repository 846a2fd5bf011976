"""Prints what runs here as JSON: versions, the linear algebra of torch, its threads, the peers that can be imported."""

import json
import platform

import torch

from peers import import_peer


def blas_libraries():
    """The linear algebra libraries that this process has loaded; torch does not tell which of OpenBLAS's builds."""
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if "/" in line}
    except OSError:
        return []
    return sorted(path for path in paths if "blas" in path.lower() or "libmkl" in path.lower())


def compiles():
    """Whether torch.compile works here; it needs a C++ compiler and the headers of torch."""
    try:
        torch.compile(lambda x: x.sin() + 1)(torch.zeros(8))
        return True
    except Exception:
        return False


def main():
    config = torch.__config__.show()
    print(
        json.dumps(
            {
                "python": platform.python_version(),
                "torch": torch.__version__,
                "cpuCapability": torch.backends.cpu.get_cpu_capability(),
                "config": config,
                "parallel": torch.__config__.parallel_info(),
                "blas": blas_libraries(),
                "peers": [name for name in ("zuko", "nflows") if import_peer(name) is not None],
                "compiles": compiles(),
            }
        )
    )


if __name__ == "__main__":
    main()
