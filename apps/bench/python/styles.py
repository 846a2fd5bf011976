"""One face for the kinds of scripts: log_prob, sample, the module with the parameters, what follows backward."""

import torch

from hand_tuned import TunedFlow
from library_style import library_flow
from peers import peer_flow


class Model:
    def __init__(self, style, spec):
        self.after_backward = lambda: None
        if style == "library":
            self.module = library_flow(spec)
            self.log_prob = lambda x: self.module().log_prob(x)
            self.sample = lambda count: self.module().sample((count,))
        elif style == "tuned":
            self.module = TunedFlow(spec)
            self.log_prob = self.module.log_prob
            self.sample = self.module.sample
            self.after_backward = self.module.mask_gradients
        else:
            self.log_prob, self.sample, self.module = peer_flow(spec)
            if style == "compiled":
                # A flow makes new distribution objects in each call, at which the compiler gives up after some attempts.
                self.log_prob, self.sample = torch.compile(self.log_prob), torch.compile(self.sample)
