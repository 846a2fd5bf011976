"""Compares pushforward's densities, loss and gradients with those of our scripts for the same weights.

Takes JSON: the model, and a safetensors file with `x`, `logProb`, `loss`, `noise`, what it is pushed to (`pushed`),
`weight/<path>` and `gradient/<path>` for each array. The reference is the script in float64; its own differences in
float32 stand beside ours.
"""

import json
import re
import sys

import torch

from styles import Model
from tensor_file import read_tensors


def load(model, style, spec, weights):
    """Gives the weights to a script's model. Returns {path: (parameter, whether it is transposed)}."""
    found = {}
    scheme = spec["scheme"]
    networks = model.module.networks if style == "tuned" else None
    layers = None if style == "tuned" else list(reversed(model.module.transforms))
    for path in weights:
        match = re.fullmatch(r"transform\.layers\.(\d+)\.conditioner\.layers\.(\d+)\.(weight|bias)", path)
        if match:
            layer, inner = int(match[1]), int(match[2])
            if style == "tuned":
                linear = networks[layer // 2 if scheme == "coupling" else layer][inner]
            else:
                linear = layers[layer].linears()[inner]
            found[path] = (getattr(linear, match[3]), match[3] == "weight")
            continue
        name = path.rsplit(".", 1)[1]
        match = re.match(r"transform\.layers\.(\d+)\.", path)
        layer = int(match[1]) if match else 0
        if style == "library":
            found[path] = (getattr(layers[layer], {"logTail": "log_tail"}.get(name, name)), False)
        elif name in ("skew", "logTail"):
            found[path] = (model.module.extra[name == "logTail"], False)
        elif scheme == "coupling":
            found[path] = (model.module.linears[2 * (layer // 2) + (name == "shift")], False)
        else:
            found[path] = (model.module.linears[name == "shift"], False)
    with torch.no_grad():
        for path, (parameter, transposed) in found.items():
            value = weights[path]
            parameter.copy_(value.T if transposed else value)
    if style == "tuned":
        model.module.mask_weights()
    unset = set(map(id, model.module.parameters())) - {id(parameter) for parameter, _ in found.values()}
    if unset:
        raise SystemExit(f"differences: {len(unset)} parameters of the {style} script have no weights of pushforward.")
    return found


def evaluate(style, spec, weights, x, noise, dtype):
    model = Model(style, spec)
    found = load(model, style, spec, weights)
    model.module.to(dtype)
    log_prob = model.log_prob(x.to(dtype))
    loss = -log_prob.mean()
    loss.backward()
    model.after_backward()
    gradients = {}
    for path, (parameter, transposed) in found.items():
        gradients[path] = parameter.grad.T if transposed else parameter.grad
    pushed = (model.module().push if style == "library" else model.module.push)(noise.to(dtype))
    return log_prob.detach(), loss.item(), gradients, pushed


def largest(a, b):
    return (a.double() - b.double()).abs().max().item()


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    tensors = read_tensors(job["file"])
    weights = {name[len("weight/") :]: value for name, value in tensors.items() if name.startswith("weight/")}
    gradients = {name[len("gradient/") :]: value for name, value in tensors.items() if name.startswith("gradient/")}
    x, loss = tensors["x"], tensors["loss"].item()
    results = {}
    for style in ("library", "tuned"):
        truth = evaluate(style, job["model"], weights, x, tensors["noise"], torch.float64)
        single = evaluate(style, job["model"], weights, x, tensors["noise"], torch.float32)
        ours = {path: largest(gradients[path], truth[2][path]) for path in truth[2]}
        worst = max(ours, key=ours.get)
        results[style] = {
            "largestGradient": max(value.abs().max().item() for value in truth[2].values()),
            "logProb": largest(tensors["logProb"], truth[0]),
            "loss": abs(loss - truth[1]),
            "gradient": ours[worst],
            "worst": worst,
            "pushed": largest(tensors["pushed"], truth[3]),
            "torchLogProb": largest(single[0], truth[0]),
            "torchLoss": abs(single[1] - truth[1]),
            "torchPushed": largest(single[3], truth[3]),
            "torchGradient": max(largest(single[2][path], truth[2][path]) for path in truth[2]),
        }
    print(json.dumps({"parameters": len(weights), "lossValue": loss, "styles": results}))


if __name__ == "__main__":
    main()
