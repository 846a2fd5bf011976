"""The models of zuko and nflows, where these can be imported from the folders of PUSHFORWARD_BENCH_PEERS."""

import importlib
import os
import sys
import types

import torch

FOLDERS = [folder for folder in os.environ.get("PUSHFORWARD_BENCH_PEERS", "").split(os.pathsep) if folder]


def import_peer(name):
    """A peer's package, or None. What nflows imports and these models don't use is replaced by a stub."""
    sys.path[:0] = [folder for folder in FOLDERS if folder not in sys.path]
    for _ in range(4):
        try:
            package = importlib.import_module(name)
            if name == "nflows":
                for part in ("distributions", "flows", "nn.nets", "transforms"):
                    importlib.import_module(f"nflows.{part}")
            return package
        except ModuleNotFoundError as error:
            if error.name not in ("UMNN", "matplotlib", "matplotlib.pyplot"):
                return None
            stub = types.ModuleType(error.name)
            for attribute in ("NeuralIntegral", "ParallelNeuralIntegral", "pyplot"):
                setattr(stub, attribute, None)
            sys.modules[error.name] = stub
    return None


def peer_flow(spec):
    """(log_prob, sample, parameters) of the peer that has this model."""
    return zuko_flow(spec) if spec["peer"] == "zuko" else nflows_flow(spec)


def zuko_flow(spec):
    zuko = import_peer("zuko")
    options = {"transforms": spec["transforms"], "hidden_features": spec["hidden"]}
    if spec["family"] == "affine":
        flow = zuko.flows.MAF(features=spec["features"], **options)
    else:
        flow = zuko.flows.NSF(features=spec["features"], bins=spec["bins"], **options)
    if spec["userLayer"]:
        layer = zuko.lazy.UnconditionalTransform(
            sinh_arcsinh, torch.zeros(spec["features"]), torch.zeros(spec["features"])
        )
        flow = zuko.lazy.Flow([layer, *flow.transform.transforms], flow.base)
    return (lambda x: flow().log_prob(x)), (lambda count: flow().sample((count,))), flow


def sinh_arcsinh(skew, log_tail):
    """The layer that a user adds, as a transform of torch.distributions, from data to noise."""
    from torch.distributions import constraints, transforms

    class SinhArcsinh(transforms.Transform):
        domain = codomain = constraints.independent(constraints.real, 1)
        bijective = True

        def _call(self, x):
            return torch.sinh(torch.asinh(x) * torch.exp(-log_tail) - skew)

        def _inverse(self, z):
            return torch.sinh(torch.exp(log_tail) * (torch.asinh(z) + skew))

        def log_abs_det_jacobian(self, x, z):
            return (0.5 * torch.log1p(z**2) - 0.5 * torch.log1p(x**2) - log_tail).sum(-1)

    return SinhArcsinh()


def nflows_flow(spec):
    import_peer("nflows")
    from nflows.distributions import StandardNormal
    from nflows.flows import Flow
    from nflows.nn.nets import ResidualNet
    from nflows.transforms import CompositeTransform, LULinear, PiecewiseRationalQuadraticCouplingTransform
    from nflows.utils import create_alternating_binary_mask

    features, hidden = spec["features"], spec["hidden"]

    def network(inputs, outputs):
        return ResidualNet(inputs, outputs, hidden_features=hidden[0], num_blocks=len(hidden) - 1)

    layers = []
    for i in range(spec["transforms"]):
        layers += [
            PiecewiseRationalQuadraticCouplingTransform(
                mask=create_alternating_binary_mask(features, even=i % 2 == 0),
                transform_net_create_fn=network,
                num_bins=spec["bins"],
                tails="linear",
                tail_bound=spec["bound"],
            ),
            LULinear(features, identity_init=True),
        ]
    flow = Flow(CompositeTransform(layers), StandardNormal([features]))
    return flow.log_prob, flow.sample, flow
