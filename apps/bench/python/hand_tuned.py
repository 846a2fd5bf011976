"""The same flows with what PyTorch users do for speed: plain functions on tensors, no distribution objects, weights
that are masked once (their gradients are masked in one call for all), one gather for all tables of a spline.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from masks import made_masks, split

SOFTPLUS_ONE = math.log(math.expm1(1))
SLOPE_OFFSET = math.log(math.expm1(1 - 1e-3))


def affine(x, parameters, inverse):
    shift, raw = parameters[..., 0], parameters[..., 1]
    log_scale = 5 * torch.tanh(0.2 * raw)
    if inverse:
        return (x - shift) * torch.exp(-log_scale), None
    return torch.addcmul(shift, x, log_scale.exp()), log_scale.sum(-1)


def spline(x, parameters, inverse, bins, bound):
    sizes = F.softmax(parameters[..., : 2 * bins].unflatten(-1, (2, bins)), -1)
    sizes = sizes * (2 * bound * (1 - 1e-3 * bins)) + 2 * bound * 1e-3
    ends = sizes.cumsum(-1) - bound
    clipped = x.clamp(-bound, bound)
    searched = ends[..., 1, :-1] if inverse else ends[..., 0, :-1]
    index = (clipped[..., None] > searched).sum(-1, keepdim=True)
    both = index[..., None, :].expand(*index.shape[:-1], 2, 1)
    (w, h), (x1, y1) = sizes.gather(-1, both)[..., 0].unbind(-1), ends.gather(-1, both)[..., 0].unbind(-1)
    # The ends of the box have slope 1; raw slopes beyond the inner ones are padded with what gives it.
    raw = F.pad(parameters[..., 2 * bins :], (1, 1))
    d = F.softplus(raw.gather(-1, torch.cat((index, index + 1), -1)) + SLOPE_OFFSET) + 1e-3
    d0, d1 = d.unbind(-1)
    s = h / w
    curvature = d0 + d1 - 2 * s
    inside = x == clipped
    if inverse:
        rise = clipped - (y1 - h)
        a, b, c = h * (s - d0) + rise * curvature, h * d0 - rise * curvature, -s * rise
        z = 2 * c / (-b - (b * b - 4 * a * c).clamp(min=0).sqrt())
        return torch.where(inside, x1 - w + w * z, x), None
    z = (clipped - (x1 - w)) / w
    rest = 1 - z
    cross = z * rest
    bottom = s + curvature * cross
    y = y1 - h + h * (s * z * z + d0 * cross) / bottom
    log_slope = 2 * torch.log(s / bottom) + torch.log(d1 * z * z + 2 * s * cross + d0 * rest * rest)
    return torch.where(inside, y, x), torch.where(inside, log_slope, 0.0).sum(-1)


class TunedFlow(nn.Module):
    """log_prob and sample as plain functions over lists of tensors."""

    def __init__(self, spec):
        super().__init__()
        self.spec = spec
        self.features = spec["features"]
        self.networks = nn.ModuleList()
        self.linears = nn.ParameterList()
        self.extra = nn.ParameterList()
        self.masked = []
        scheme, hidden = spec["scheme"], spec["hidden"]
        self.outputs = 2 if spec["family"] == "affine" else 3 * spec["bins"] - 1
        for i in range(spec["transforms"] if scheme != "elementwise" else 0):
            if scheme == "autoregressive":
                masks = made_masks(self.features, hidden, self.outputs, i % 2 == 1)
                shapes = [mask.shape for mask in masks]
            else:
                second, half = split(self.features, i)
                kept = half if second else self.features - half
                widths = [kept, hidden[0], *(w for width in hidden[1:] for w in (width, width))]
                widths.append((self.features - kept) * self.outputs)
                masks = [None] * (len(widths) - 1)
                shapes = list(zip(widths[1:], widths))
            network = nn.ModuleList(nn.Linear(shape[1], shape[0]) for shape in shapes)
            self.networks.append(network)
            for linear, mask in zip(network, masks):
                if mask is not None:
                    self.masked.append((linear, mask.float()))
            if scheme == "coupling":
                self.linears += [torch.zeros(self.features, self.features), torch.zeros(self.features)]
        if scheme == "elementwise":
            self.linears += [torch.zeros(self.features), torch.zeros(self.features)]
        if spec["userLayer"]:
            self.extra += [torch.zeros(self.features), torch.zeros(self.features)]
        self.mask_weights()

    @torch.no_grad()
    def mask_weights(self):
        for linear, mask in self.masked:
            linear.weight.mul_(mask)

    def mask_gradients(self):
        """Masked weights start at zero and get no gradient, so they stay zero."""
        if self.masked:
            gradients = [linear.weight.grad for linear, _ in self.masked]
            torch._foreach_mul_(gradients, [mask for _, mask in self.masked])

    def parameters_of(self, network, h):
        if self.spec["scheme"] == "autoregressive":
            for layer in network[:-1]:
                h = F.relu(F.linear(h, layer.weight, layer.bias))
        else:
            h = F.linear(h, network[0].weight, network[0].bias)
            for first, second in zip(network[1:-1:2], network[2:-1:2]):
                inner = F.relu(F.linear(F.relu(h), first.weight, first.bias))
                h = h + F.linear(inner, second.weight, second.bias)
            h = F.relu(h)
        return F.linear(h, network[-1].weight, network[-1].bias).unflatten(-1, (-1, self.outputs))

    def family(self, x, parameters, inverse):
        if self.spec["family"] == "affine":
            return affine(x, parameters, inverse)
        return spline(x, parameters, inverse, self.spec["bins"], self.spec["bound"])

    def lu(self, i):
        weight, shift = self.linears[2 * i], self.linears[2 * i + 1]
        diagonal = F.softplus(weight.diagonal() + SOFTPLUS_ONE)
        identity = torch.eye(self.features, dtype=weight.dtype)
        return weight.tril(-1) + identity, weight.triu(1) + torch.diag(diagonal), diagonal, shift

    def coupling(self, i, x, inverse):
        second, half = split(self.features, i)
        first_part, second_part = x.split([half, self.features - half], -1)
        kept, moved = (first_part, second_part) if second else (second_part, first_part)
        y, logdet = self.family(moved, self.parameters_of(self.networks[i], kept), inverse)
        return torch.cat((kept, y) if second else (y, kept), -1), logdet

    def log_prob(self, x):
        total = torch.tensor(-0.5 * self.features * math.log(2 * math.pi), dtype=x.dtype)
        if self.spec["userLayer"]:
            skew, log_tail = self.extra
            inner = torch.asinh(x)
            z = torch.sinh(torch.addcmul(-skew, inner, torch.exp(-log_tail)))
            total = total + (0.5 * torch.log1p(z * z) - F.softplus(2 * inner) + inner + math.log(2) - log_tail).sum(-1)
            x = z
        if self.spec["scheme"] == "elementwise":
            scale = F.softplus(self.linears[0] + SOFTPLUS_ONE)
            x = (x - self.linears[1]) / scale
            total = total - scale.log().sum()
        for i in reversed(range(len(self.networks))):
            if self.spec["scheme"] == "coupling":
                # Inverting the small matrix and one product beats solving for each row.
                lower, upper, diagonal, shift = self.lu(i)
                identity = torch.eye(self.features, dtype=x.dtype)
                half = torch.linalg.solve_triangular(lower, identity, upper=False, unitriangular=True)
                x = F.linear(x - shift, torch.linalg.solve_triangular(upper, half, upper=True))
                x, logdet = self.coupling(i, x, False)
                total = total + logdet - diagonal.log().sum()
            else:
                x, logdet = self.family(x, self.parameters_of(self.networks[i], x), False)
                total = total + logdet
        return total - 0.5 * (x * x).sum(-1)

    def sample(self, count):
        return self.push(torch.randn(count, self.features))

    @torch.no_grad()
    def push(self, x):
        """From noise to data."""
        for i, network in enumerate(self.networks):
            if self.spec["scheme"] == "coupling":
                x, _ = self.coupling(i, x, True)
                lower, upper, _, shift = self.lu(i)
                x = torch.addmm(shift, x, (lower @ upper).mT)
            else:
                z, x = x, torch.zeros_like(x)
                # Each pass settles one more variable.
                for _ in range(self.features):
                    x, _ = self.family(z, self.parameters_of(network, x), True)
        if self.spec["scheme"] == "elementwise":
            x = torch.addcmul(self.linears[1], x, F.softplus(self.linears[0] + SOFTPLUS_ONE))
        if self.spec["userLayer"]:
            skew, log_tail = self.extra
            x = torch.sinh(torch.exp(log_tail) * (torch.asinh(x) + skew))
        return x
