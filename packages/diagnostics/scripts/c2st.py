# The classifier two-sample test as the benchmark of simulation-based inference does it, by scikit-learn.
# Reads {"a": [[…]], "b": [[…]]} from each line of the standard input, prints {"accuracy", "seconds"} for each.
import json
import sys
import time
import warnings

import numpy as np
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
for line in sys.stdin:
    job = json.loads(line)
    a, b = np.array(job["a"]), np.array(job["b"])
    mean, deviation = a.mean(axis=0), a.std(axis=0, ddof=1)
    rows = np.concatenate(((a - mean) / deviation, (b - mean) / deviation))
    labels = np.concatenate((np.zeros(len(a)), np.ones(len(b))))
    width = 10 * rows.shape[1]
    start = time.process_time()
    scores = []
    for seed in job["seeds"]:
        network = MLPClassifier(
            activation="relu", hidden_layer_sizes=(width, width), max_iter=1000, solver="adam", random_state=seed
        )
        folds = KFold(n_splits=5, shuffle=True, random_state=seed)
        scores.append(float(np.mean(cross_val_score(network, rows, labels, cv=folds, scoring="accuracy"))))
    print(json.dumps({"scores": scores, "seconds": (time.process_time() - start) / len(scores)}), flush=True)
