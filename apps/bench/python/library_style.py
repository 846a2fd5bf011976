"""Flows in the style of the PyTorch libraries: modules that return distributions, transforms as objects, autograd.

The formulas are those of pushforward, so that the same weights give the same density.
"""

import math

import torch
from torch import nn
from torch.distributions import Distribution, Independent, Normal, constraints
from torch.nn import functional as F

from masks import made_masks, split


class AffineMap:
    """y = x exp(a) + t, a = 5 tanh(raw / 5)."""

    def __init__(self, parameters):
        self.shift, raw = parameters.unbind(-1)
        self.log_scale = 5 * torch.tanh(raw / 5)

    def call_and_ladj(self, x):
        return x * self.log_scale.exp() + self.shift, self.log_scale.expand_as(x)

    def inverse(self, y):
        return (y - self.shift) * torch.exp(-self.log_scale)


class SplineMap:
    """A monotone rational-quadratic spline on [−bound, bound] with identity tails."""

    def __init__(self, parameters, bins, bound):
        widths, heights, slopes = parameters.split([bins, bins, bins - 1], -1)
        self.bound = bound
        self.x = self.knots(widths, bins)
        self.y = self.knots(heights, bins)
        slopes = F.softplus(slopes + math.log(math.expm1(1 - 1e-3))) + 1e-3
        self.slopes = F.pad(slopes, (1, 1), value=1.0)

    def knots(self, raw, bins):
        sizes = 1e-3 + (1 - 1e-3 * bins) * F.softmax(raw, -1)
        knots = F.pad(torch.cumsum(sizes, -1), (1, 0))
        return self.bound * (2 * knots - 1)

    def bin(self, knots, values):
        index = torch.searchsorted(knots, values[..., None]) - 1
        index = index.clamp(0, knots.shape[-1] - 2)
        inside = values.abs() < self.bound
        def at(table, i):
            return table.gather(-1, i).squeeze(-1)
        x0, x1 = at(self.x, index), at(self.x, index + 1)
        y0, y1 = at(self.y, index), at(self.y, index + 1)
        return inside, x0, x1, y0, y1, at(self.slopes, index), at(self.slopes, index + 1), (y1 - y0) / (x1 - x0)

    def call_and_ladj(self, x):
        inside, x0, x1, y0, y1, d0, d1, s = self.bin(self.x, x)
        z = torch.where(inside, (x - x0) / (x1 - x0), 0.5)
        cross = z * (1 - z)
        bottom = s + (d0 + d1 - 2 * s) * cross
        y = y0 + (y1 - y0) * (s * z**2 + d0 * cross) / bottom
        slope = s**2 * (d1 * z**2 + 2 * s * cross + d0 * (1 - z) ** 2) / bottom**2
        return torch.where(inside, y, x), torch.where(inside, slope.log(), 0.0)

    def inverse(self, y):
        inside, x0, x1, y0, y1, d0, d1, s = self.bin(self.y, y)
        rise = torch.where(inside, y - y0, 0.0)
        curvature = d0 + d1 - 2 * s
        a = (y1 - y0) * (s - d0) + rise * curvature
        b = (y1 - y0) * d0 - rise * curvature
        c = -s * rise
        z = 2 * c / (-b - (b**2 - 4 * a * c).clamp(min=0).sqrt())
        return torch.where(inside, x0 + z * (x1 - x0), y)


class MaskedLinear(nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.linear(x, self.mask * self.weight, self.bias)


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.second(F.relu(self.first(F.relu(x))))


class Autoregressive(nn.Module):
    """Data to noise in one pass of a masked network; the other way in one pass a variable."""

    def __init__(self, features, hidden, outputs, family, reverse):
        super().__init__()
        layers = []
        for mask in made_masks(features, hidden, outputs, reverse):
            layers += [MaskedLinear(mask), nn.ReLU()]
        self.network = nn.Sequential(*layers[:-1])
        self.features, self.outputs, self.family = features, outputs, family

    def linears(self):
        return [layer for layer in self.network if isinstance(layer, nn.Linear)]

    def map(self, x):
        return self.family(self.network(x).unflatten(-1, (self.features, self.outputs)))

    def call_and_ladj(self, x):
        z, ladj = self.map(x).call_and_ladj(x)
        return z, ladj.sum(-1)

    def inverse(self, z):
        x = torch.zeros_like(z)
        for _ in range(self.features):
            x = self.map(x).inverse(z)
        return x


class Coupling(nn.Module):
    """One half of the variables decides how the other is transformed; a residual network."""

    def __init__(self, features, hidden, outputs, family, layer):
        super().__init__()
        self.second, self.half = split(features, layer)
        kept = self.half if self.second else features - self.half
        self.family, self.outputs = family, outputs
        self.initial = nn.Linear(kept, hidden[0])
        self.blocks = nn.ModuleList(ResidualBlock(width) for width in hidden[1:])
        self.final = nn.Linear(hidden[0], (features - kept) * outputs)

    def linears(self):
        inner = [layer for block in self.blocks for layer in (block.first, block.second)]
        return [self.initial, *inner, self.final]

    def map(self, kept):
        h = self.initial(kept)
        for block in self.blocks:
            h = block(h)
        return self.family(self.final(F.relu(h)).unflatten(-1, (-1, self.outputs)))

    def halves(self, x):
        first, second = x[..., : self.half], x[..., self.half :]
        return (first, second) if self.second else (second, first)

    def join(self, kept, moved):
        return torch.cat((kept, moved) if self.second else (moved, kept), -1)

    def call_and_ladj(self, x):
        kept, moved = self.halves(x)
        z, ladj = self.map(kept).call_and_ladj(moved)
        return self.join(kept, z), ladj.sum(-1)

    def inverse(self, z):
        kept, moved = self.halves(z)
        return self.join(kept, self.map(kept).inverse(moved))


class LULinear(nn.Module):
    """x = L U z + shift; the direction of the density solves two triangular systems."""

    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(features, features))
        self.shift = nn.Parameter(torch.zeros(features))

    def factors(self):
        diagonal = F.softplus(self.weight.diagonal() + math.log(math.expm1(1)))
        upper = torch.triu(self.weight, 1) + torch.diag(diagonal)
        lower = torch.tril(self.weight, -1) + torch.eye(len(diagonal), dtype=self.weight.dtype)
        return lower, upper, diagonal

    def call_and_ladj(self, x):
        lower, upper, diagonal = self.factors()
        half = torch.linalg.solve_triangular(lower, (x - self.shift).mT, upper=False, unitriangular=True)
        z = torch.linalg.solve_triangular(upper, half, upper=True).mT
        return z, -diagonal.log().sum().expand(x.shape[:-1])

    def inverse(self, z):
        lower, upper, _ = self.factors()
        return F.linear(F.linear(z, upper), lower, self.shift)


class AffineElementwise(nn.Module):
    """x = scale z + shift."""

    def __init__(self, features):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(features))
        self.shift = nn.Parameter(torch.zeros(features))

    def positive(self):
        return F.softplus(self.scale + math.log(math.expm1(1)))

    def call_and_ladj(self, x):
        scale = self.positive()
        return (x - self.shift) / scale, -scale.log().sum(-1).expand(x.shape[:-1])

    def inverse(self, z):
        return z * self.positive() + self.shift


class SinhArcsinh(nn.Module):
    """x = sinh(exp(log_tail) (asinh z + skew)), Jones and Pewsey (2009)."""

    def __init__(self, features):
        super().__init__()
        self.skew = nn.Parameter(torch.zeros(features))
        self.log_tail = nn.Parameter(torch.zeros(features))

    def call_and_ladj(self, x):
        inner = torch.asinh(x)
        z = torch.sinh(inner * torch.exp(-self.log_tail) - self.skew)
        log_cosh = F.softplus(2 * inner) - inner - math.log(2)
        slope = self.log_tail + log_cosh - 0.5 * torch.log1p(z**2)
        return z, -slope.sum(-1)

    def inverse(self, z):
        return torch.sinh(torch.exp(self.log_tail) * (torch.asinh(z) + self.skew))


class FlowDistribution(Distribution):
    arg_constraints = {}
    support = constraints.independent(constraints.real, 1)

    def __init__(self, transforms, base):
        super().__init__(base.batch_shape, base.event_shape)
        self.transforms, self.base = transforms, base

    def log_prob(self, x):
        total = 0
        for transform in self.transforms:
            x, ladj = transform.call_and_ladj(x)
            total = total + ladj
        return self.base.log_prob(x) + total

    def sample(self, shape=()):
        return self.push(self.base.sample(shape))

    @torch.no_grad()
    def push(self, z):
        """From noise to data."""
        for transform in reversed(self.transforms):
            z = transform.inverse(z)
        return z


class LibraryFlow(nn.Module):
    """Calling it gives the distribution; transforms in the order from data to noise."""

    def __init__(self, transforms, features):
        super().__init__()
        self.transforms = nn.ModuleList(transforms)
        self.register_buffer("loc", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    def forward(self):
        return FlowDistribution(self.transforms, Independent(Normal(self.loc, self.scale), 1))


def family_of(spec):
    if spec["family"] == "affine":
        return 2, AffineMap
    bins, bound = spec["bins"], spec["bound"]
    return 3 * bins - 1, lambda parameters: SplineMap(parameters, bins, bound)


def library_flow(spec):
    features, hidden = spec["features"], spec["hidden"]
    layers = []
    if spec["scheme"] == "elementwise":
        layers.append(AffineElementwise(features))
    else:
        outputs, family = family_of(spec)
        for i in range(spec["transforms"]):
            if spec["scheme"] == "autoregressive":
                layers.append(Autoregressive(features, hidden, outputs, family, i % 2 == 1))
            else:
                layers += [Coupling(features, hidden, outputs, family, i), LULinear(features)]
    if spec["userLayer"]:
        layers.append(SinhArcsinh(features))
    return LibraryFlow(reversed(layers), features)
