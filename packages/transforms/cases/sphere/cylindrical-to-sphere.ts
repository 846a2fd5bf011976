import type { BijectionCase } from "@pushforward/testing";
import { chain } from "../../src/combinators/chain.ts";
import { invert } from "../../src/combinators/independent.ts";
import { Rotation } from "../../src/linear/orthogonal.ts";
import { CylindricalToSphere } from "../../src/sphere.ts";

/** Away from the poles and from ±π. */
const coordinates = { low: -0.9, high: 0.9 };

export const cylindricalToSphereCases: Readonly<Record<string, BijectionCase>> = {
  "CylindricalToSphere around a rotation": {
    make: () => {
      const cylinder = new CylindricalToSphere();
      return chain([cylinder, new Rotation({ features: 3 }), invert(cylinder)]);
    },
    eventShape: [2],
    domain: coordinates,
    range: coordinates,
    perturbation: 0.05,
  },
};
