"""Measures one model in one style. Takes a job as JSON and prints the measurement as JSON."""

import json
import os
import sys
import time

import torch

from styles import Model
from timing import timed


def training_step(model, optimizer, x, batch):
    """A step over shuffled rows, without a data loader, which would cost more than it does."""
    order = iter(())

    def step():
        nonlocal order
        rows = next(order, None)
        if rows is None or len(rows) < batch:
            order = iter(torch.randperm(len(x)).split(batch))
            rows = next(order)
        loss = -model.log_prob(x[rows]).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        model.after_backward()
        optimizer.step()

    return step


def optimizers(model):
    parameters = list(model.module.parameters())
    yield "default", torch.optim.Adam(parameters, lr=1e-3)
    yield "fused", torch.optim.Adam(parameters, lr=1e-3, fused=True)


def warm_ups(style):
    """Calls before the measurement: the compiler compiles anew in the first ones, at most eight times."""
    return 12 if style == "compiled" else 0


def task_time(task, job, x):
    spec, seconds, style = job["model"], job["seconds"], job["style"]
    if task["name"] == "step":
        best = None
        for name, optimizer in optimizers(Model(style, spec)):
            # Each optimiser trains a model of its own.
            model = Model(style, spec)
            optimizer = dict(optimizers(model))[name]
            time = timed(training_step(model, optimizer, x, spec["batch"]), seconds, warm_ups(style))
            time["note"] = f"{name} Adam"
            if best is None or time["median"] < best["median"]:
                best = time
        return best
    model = Model(style, spec)
    with torch.no_grad():
        if task["name"] == "logProb":
            rows = x[: task["rows"]]
            return timed(lambda: model.log_prob(rows), seconds, warm_ups(style))
        return timed(lambda: model.sample(task["rows"]), seconds, warm_ups(style))


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    x = torch.randn(job["rows"], job["model"]["features"])
    if job.get("start"):
        print(json.dumps(start_times(job, x)))
        return
    times = {task["id"]: task_time(task, job, x) for task in job["tasks"]}
    print(json.dumps({"times": times, "threads": torch.get_num_threads(), "load": os.getloadavg()[0]}))


def start_times(job, x):
    """Milliseconds from the start of the process to the end of the first and of the tenth step."""
    model = Model(job["style"], job["model"])
    (_, optimizer), *_ = optimizers(model)
    step = training_step(model, optimizer, x, job["model"]["batch"])
    ends = []
    for _ in range(10):
        step()
        ends.append(1000 * time.time() - job["start"])
    return {"first": ends[0], "tenth": ends[-1]}


if __name__ == "__main__":
    main()
