import { Mlp } from "@pushforward/conditioners";
import type { BijectionCase } from "@pushforward/testing";
import { AffineElementwise, affine, chain, concatenate } from "@pushforward/transforms";
import { embedContext } from "../src/context/embedded-context.ts";
import { Coupling } from "../src/schemes/coupling.ts";
import { small } from "./small.ts";

export const embedContextCases: Readonly<Record<string, BijectionCase>> = {
  "embedContext of a part beside one without context": {
    make: (key) => {
      const bijection = new Coupling({
        conditioner: new Mlp({ inputSize: 1, outputSize: 2, context: 2, key, ...small }),
        family: affine(),
        mask: [true, false],
      });
      const embedding = new Mlp({ inputSize: 3, outputSize: 2, key: key.fold("embedding"), ...small });
      const behind = embedContext({ embedding, bijection });
      const parts = [behind, new AffineElementwise({ features: 1, scale: 2 })];
      return chain([concatenate({ parts, sizes: [2, 1] })]);
    },
    eventShape: [3],
  },
};
