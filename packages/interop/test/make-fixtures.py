"""Small models of zuko and nflows as safetensors files, with what the libraries compute with them in float64.

    PYTHONPATH=<zuko>:<nflows> python3 make-fixtures.py <folder> [zuko|nflows]

zuko 1.6.0 (1063ae4), for `zuko_old_*` 1.4.1 and 0.3.2; nflows 0.14 (5d22344); PyTorch 2.6.
"""

import json
import struct
import sys
import types

import torch
import torch.nn as nn

NAMES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}


def save(path, state, metadata):
    header, data, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in state.items():
        raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8) if tensor.numel() else torch.zeros(0, dtype=torch.uint8)
        raw = bytes(raw.tolist())
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(raw)]}
        data.append(raw)
        offset += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


class Standardize(nn.Module):
    """sbi's module in front of a context."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("_mean", mean)
        self.register_buffer("_std", std)

    def forward(self, c):
        return (c - self._mean) / self._std


def perturb(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return module


def write(folder, name, metadata, module, features, context, log_prob, inverse):
    save(f"{folder}/{name}.safetensors", module.state_dict(), metadata)
    module = module.double().eval()
    x = 1.5 * torch.randn(16, features, dtype=torch.float64)
    if "ncsf" in name:
        x = x.remainder(2 * torch.pi) - torch.pi
    c = torch.randn(16, context, dtype=torch.float64) if context else None
    # The numbers as a reader in float32 gets them.
    x, c = x.float().double(), None if c is None else c.float().double()
    with torch.no_grad():
        values = {"x": x, "c": c, "log_prob_f64": log_prob(module, x, c)}
        if inverse is not None:
            # Within reach: some maps of zuko are inverted on [-10, 10] only.
            z = (0.5 if "gf" in name else 1.0) * torch.randn(16, features).double()
            values |= {"z": z, "x_from_z_f64": inverse(module, z, c)}
    text = {key: None if value is None else value.tolist() for key, value in values.items()}
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump({"library": metadata["library"], "features": features, "context": context, **text}, file)
    print(name)


def make_zuko(folder):
    import zuko
    from torch.distributions import AffineTransform

    version = zuko.__version__
    metadata = {"library": "zuko", "version": version}

    def add(name, flow, features, context=0, metadata=metadata):
        is_mixture = not hasattr(flow, "transform") and not hasattr(flow, "transforms")
        write(
            folder, name, metadata, perturb(flow), features, context,
            lambda flow, x, c: flow(c).log_prob(x),
            None if is_mixture else lambda flow, z, c: flow(c).transform.inv(z),
        )

    torch.manual_seed(20261125)
    if not version.startswith("1.6"):
        tag = version.replace(".", "")
        add(f"zuko_old_{tag}", zuko.flows.NSF(2, 1, transforms=2, bins=4, hidden_features=(8, 8)), 2, 1, {"library": "zuko"})
        return
    small = {"hidden_features": (8, 8)}
    add("zuko_maf_one_variable", zuko.flows.MAF(1, 2, transforms=2, **small), 1, 2)
    add("zuko_nsf_one_variable", zuko.flows.NSF(1, transforms=2, bins=5), 1)
    add("zuko_maf_residual_widths", zuko.flows.MAF(4, 1, transforms=2, hidden_features=(9, 12, 12), residual=True, randperm=True, activation=nn.ELU), 4, 1)
    add("zuko_maf_narrow", zuko.flows.MAF(5, transforms=2, hidden_features=(3, 7)), 5)
    add("zuko_nsf_passes", zuko.flows.NSF(5, transforms=2, bins=4, passes=2, **small), 5)
    add("zuko_nice_random", zuko.flows.NICE(4, transforms=3, randmask=True, **small), 4)
    add("zuko_nsf_slope", zuko.flows.NSF(2, transforms=2, bins=4, slope=1e-2, **small), 2, metadata=metadata | {"slope": "0.01"})
    add("zuko_maf_base", scaled(zuko.flows.MAF(3, transforms=1, **small)), 3)
    add("zuko_gmm_full", zuko.mixtures.GMM(2, components=3), 2)
    add("zuko_gmm_tied", zuko.mixtures.GMM(3, components=2, covariance_type="diagonal", tied=True), 3)
    add("zuko_gmm_spherical", zuko.mixtures.GMM(2, 1, components=3, covariance_type="spherical", hidden_features=(8,)), 2, 1)
    flow = zuko.flows.NSF(2, 2, transforms=2, bins=4, **small)
    shift = zuko.flows.UnconditionalTransform(AffineTransform, loc=torch.tensor([-1.5, 0.25]), scale=torch.tensor([2.0, 0.5]), buffer=True)
    flow = zuko.flows.Flow([shift, *flow.transform.transforms], flow.base)

    class Estimator(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = flow
            self._embedding_net = nn.Sequential(Standardize(torch.tensor([0.5, -1.0]), torch.tensor([2.0, 0.75])), nn.Identity())

        def forward(self, c):
            return self.net(self._embedding_net(c))

    write(folder, "zuko_sbi_nsf", metadata, perturb(Estimator()), 2, 2,
          lambda e, x, c: e(c).log_prob(x), lambda e, z, c: e(c).transform.inv(z))
    add("zuko_ncsf", zuko.flows.NCSF(2, 1, transforms=3, bins=4, **small), 2, 1)
    add("zuko_bpf_one_variable", zuko.flows.BPF(1, transforms=2, degree=6), 1)
    add("zuko_sospf_one_variable", zuko.flows.SOSPF(1, transforms=2, degree=3, polynomials=2), 1)
    add("zuko_gf_unconditional", zuko.flows.GF(2, transforms=3, components=4), 2)


def scaled(flow):
    flow.base.loc.copy_(torch.tensor([0.5, -1.0, 0.0]))
    flow.base.scale.copy_(torch.tensor([2.0, 0.5, 1.0]))
    return flow


def make_nflows(folder):
    # nflows imports it for one of its transforms.
    sys.modules["UMNN"] = types.SimpleNamespace(NeuralIntegral=object, ParallelNeuralIntegral=object)
    from nflows import flows, transforms
    from nflows.distributions.normal import StandardNormal
    from nflows.flows.autoregressive import MaskedAutoregressiveFlow
    from nflows.flows.realnvp import SimpleRealNVP
    from nflows.nn import nets

    metadata = {"library": "nflows", "version": "0.14"}

    def add(name, flow, features, context=0):
        write(
            folder, name, metadata, perturb(flow), features, context,
            lambda flow, x, c: (getattr(flow, "net", flow)).log_prob(x, c),
            lambda flow, z, c: (lambda f: f._transform.inverse(z, f._embedding_net(c))[0])(getattr(flow, "net", flow)),
        )

    torch.manual_seed(20261125)
    add("nflows_maf", MaskedAutoregressiveFlow(3, 8, 2, 1, use_random_permutations=True), 3)
    add("nflows_maf_forward", MaskedAutoregressiveFlow(3, 8, 2, 2, use_residual_blocks=False), 3)
    add("nflows_realnvp", SimpleRealNVP(4, 8, 3, 1), 4)
    add("nflows_nice", SimpleRealNVP(3, 8, 2, 2, use_volume_preserving=True), 3)
    spline = transforms.MaskedPiecewiseRationalQuadraticAutoregressiveTransform
    add("nflows_maf_spline", flows.Flow(
        transforms.CompositeTransform([spline(2, 8, context_features=1, num_bins=5, tails="linear", tail_bound=4.0, num_blocks=1) for _ in range(2)]),
        StandardNormal([2])), 2, 1)
    affine = transforms.MaskedAffineAutoregressiveTransform
    add("nflows_maf_one_variable", flows.Flow(affine(1, 8, context_features=2, num_blocks=1), StandardNormal([1])), 1, 2)

    class Estimator(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

    class ContextSplineMap(nn.Module):
        """The network of sbi for the spline of one variable."""

        def __init__(self, in_features, out_features):
            super().__init__()
            self.hidden_features = 8
            self.spline_predictor = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, out_features))

        def forward(self, inputs, context):
            return self.spline_predictor(context)

    embedding = lambda: nn.Sequential(Standardize(torch.tensor([0.5, -1.0]), torch.tensor([2.0, 0.75])), nn.Identity())
    coupling = transforms.PiecewiseRationalQuadraticCouplingTransform
    resnet = lambda i, o: nets.ResidualNet(i, o, 8, context_features=2, num_blocks=1)
    members = [transforms.PointwiseAffineTransform(torch.tensor([-1.5, 0.25, 0.0]), torch.tensor([2.0, 0.5, 1.5]))]
    for i in range(2):
        mask = [1 if j % 2 == i % 2 else 0 for j in range(3)]
        members += [coupling(mask, resnet, num_bins=4, tails="linear", tail_bound=3.0), transforms.LULinear(3, identity_init=True)]
    add("nflows_sbi_nsf", Estimator(flows.Flow(transforms.CompositeTransform(members), StandardNormal([3]), embedding())), 3, 2)
    members = [transforms.PointwiseAffineTransform(torch.tensor([-1.5]), torch.tensor([2.0]))]
    members += [coupling([1], ContextSplineMap, num_bins=4, tails="linear", tail_bound=3.0) for _ in range(2)]
    add("nflows_sbi_nsf_one_variable", Estimator(flows.Flow(transforms.CompositeTransform(members), StandardNormal([1]), embedding())), 1, 2)
    quadratic = transforms.MaskedPiecewiseQuadraticAutoregressiveTransform
    add("nflows_quadratic_maf", flows.Flow(quadratic(2, 8, num_bins=4, tails="linear", tail_bound=3.0, num_blocks=1), StandardNormal([2])), 2)
    linear = [transforms.QRLinear(3, 4), affine(3, 8, num_blocks=1), transforms.SVDLinear(3, 4)]
    add("nflows_qr_svd", flows.Flow(transforms.CompositeTransform(linear), StandardNormal([3])), 3)
    norm = [transforms.BatchNorm(3), affine(3, 8, num_blocks=1), transforms.BatchNorm(3)]
    for layer in (norm[0], norm[2]):
        layer.running_mean.copy_(torch.randn(3))
        layer.running_var.copy_(torch.rand(3) + 0.2)
    add("nflows_batch_norm", flows.Flow(transforms.CompositeTransform(norm), StandardNormal([3])), 3)


folder, what = sys.argv[1], sys.argv[2:] or ["zuko", "nflows"]
if "zuko" in what:
    make_zuko(folder)
if "nflows" in what:
    make_nflows(folder)
