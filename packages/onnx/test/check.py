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
print(f"{'model':22} {'density, kB':>11} {'|Δ log p|':>10} {'sampler, kB':>11} {'|Δ x|':>10} {'rows/s':>10}")
for path in sorted(glob.glob(os.path.join(FOLDER, "*.json"))):
    with open(path) as file:
        case = json.load(file)
    rows = case["shape"][0]
    context = {}
    if case["contextSize"] > 0:
        context["context"] = np.array(case["context"]).reshape(rows, -1)
    density = path[: -len(".json")] + ".density.onnx"
    sampler = path[: -len(".json")] + ".sampler.onnx"
    session = onnxruntime.InferenceSession(density, options)
    x = np.array(case["x"]).reshape(case["shape"])
    (log_prob,) = session.run(None, {"x": x, **context})
    error = np.abs(log_prob - np.array(case["logProb"])).max()
    many = {name: np.repeat(value, 20, axis=0) for name, value in {"x": x, **context}.items()}
    begin = time.perf_counter()
    session.run(None, many)
    rate = 20 * rows / (time.perf_counter() - begin)
    draws = onnxruntime.InferenceSession(sampler, options)
    names = [one.name for one in draws.get_inputs()]
    drawn = "-"
    if names in (["normal"], ["normal", "context"]):
        (found,) = draws.run(None, {"normal": np.array(case["normal"]).reshape(rows, -1), **context})
        drawn = f"{np.abs(found - x).max():10.2e}"
    sizes = [os.path.getsize(file) / 1000 for file in (density, sampler)]
    print(f"{case['name']:22} {sizes[0]:11.1f} {error:10.2e} {sizes[1]:11.1f} {drawn:>10} {rate:10.0f}")
    if not error <= 1e-4:
        sys.exit(f"{case['name']}: expected a log-density within 1e-4, got one within {error}")
