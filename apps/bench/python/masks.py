"""What both scripts know of the structure of a model: the masks of a MADE, the halves of a coupling layer."""

import torch


def degrees(width, features):
    """Degrees of the units of a hidden layer, sorted: they cycle through 1 … features − 1."""
    smallest = min(1, features - 1)
    count = max(1, features - smallest)
    if width < count:
        return torch.tensor([smallest + (i + 1) * count // width - 1 for i in range(width)])
    return torch.tensor(sorted(smallest + i % count for i in range(width)))


def made_masks(features, hidden, outputs, reverse):
    """Masks [out, in] of the layers; `outputs` numbers for each variable."""
    inputs = torch.arange(1, features + 1)
    if reverse:
        inputs = inputs.flip(0)
    layers = [inputs, *(degrees(width, features) for width in hidden)]
    masks = [after[:, None] >= before[None, :] for before, after in zip(layers, layers[1:])]
    masks.append(inputs.repeat_interleave(outputs)[:, None] > layers[-1][None, :])
    return masks


def split(features, layer):
    """Whether layer number `layer` of a coupling flow transforms the second half, and the size of the first."""
    return layer % 2 == 0, (features + 1) // 2
