"""Checks the files of write-models.mjs with the official checker and onnxruntime for Python.

    python3 packages/onnx/test/check.py FOLDER

onnx and onnxruntime register the same operators where both are loaded by one process: the checker runs in one of its own.
"""

import glob
import json
import os
import subprocess
import sys
import time

import numpy as np

FOLDER = sys.argv[1]
CHECK = (
    "import glob, onnx\n"
    "files = glob.glob(%r)\n"
    "for file in files:\n"
    "    onnx.checker.check_model(onnx.load(file), full_check=True)\n"
    "print(len(files), 'files pass onnx.checker', onnx.__version__)\n"
)
subprocess.run([sys.executable, "-c", CHECK % os.path.join(FOLDER, "*.onnx")], check=True)

import onnxruntime  # noqa: E402

print("onnxruntime", onnxruntime.__version__)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
print(f"{'model':24} {'density, kB':>11} {'|Δ log p|':>10} {'sampler, kB':>11} {'|Δ x|':>10} {'z':>6} {'rows/s':>10}")


def numbers(values, rows):
    return np.array([np.nan if value is None else value for value in values], dtype=float).reshape(rows, -1)


def inputs(session, rows, rng):
    draw = {"normal": rng.standard_normal, "uniform": rng.random}
    return {one.name: draw[one.name]((rows, one.shape[1])) for one in session.get_inputs() if one.name in draw}


for path in sorted(glob.glob(os.path.join(FOLDER, "*.json"))):
    with open(path) as file:
        case = json.load(file)
    rows = case["shape"][0]
    context = {}
    if case["contextSize"] > 0:
        context["context"] = numbers(case["context"], rows)
    density = path[: -len(".json")] + ".density.onnx"
    sampler = path[: -len(".json")] + ".sampler.onnx"
    session = onnxruntime.InferenceSession(density, options)
    names = [one.name for one in session.get_inputs()]
    x = numbers(case["x"], rows).reshape(case["shape"])
    given = {name: value for name, value in context.items() if name in names}
    (log_prob,) = session.run(None, {"x": x, **given})
    own = np.array(case["logProb"])
    error = (np.abs(log_prob - own) / np.maximum(1, np.abs(own))).max()
    many = {name: np.repeat(value, 20, axis=0) for name, value in {"x": x, **given}.items()}
    begin = time.perf_counter()
    session.run(None, many)
    rate = 20 * rows / (time.perf_counter() - begin)
    same = score = size = "-"
    if os.path.exists(sampler):
        size = f"{os.path.getsize(sampler) / 1000:.1f}"
        draws = onnxruntime.InferenceSession(sampler, options)
        if "normal" in case:
            names = {one.name for one in draws.get_inputs()}
            if names <= {"normal", "context"}:
                (found,) = draws.run(None, {"normal": numbers(case["normal"], rows), **context})
                same = f"{np.abs(found - x).max():10.2e}"
        # Mean log-densities of the rows of this sampler and of the library, in standard errors of their difference.
        rng = np.random.default_rng(0)
        (found,) = draws.run(None, {**inputs(draws, rows, rng), **context})
        (theirs,) = session.run(None, {"x": found, **given})
        spread = np.sqrt((theirs.var() + own.var()) / rows)
        z = (theirs.mean() - own.mean()) / max(spread, 1e-9)
        score = f"{z:6.2f}"
        if not abs(z) <= 5:
            sys.exit(f"{case['name']}: expected rows with the mean log-density of the library, got a difference of {z}")
    print(f"{case['name']:24} {os.path.getsize(density) / 1000:11.1f} {error:10.2e} {size:>11} {same:>10} {score:>6} {rate:10.0f}")
    if not error <= 1e-4:
        sys.exit(f"{case['name']}: expected a log-density within 1e-4, got one within {error}")
