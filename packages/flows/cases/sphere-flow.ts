import type { Distribution } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { CylindricalToSphere, chain, GeographicToSphere, invert } from "@pushforward/transforms";
import { ConditionalFlow } from "../src/conditional-flow.ts";
import { Flow } from "../src/flow.ts";
import { sphereFlow } from "../src/presets/gf.ts";
import { small } from "./small.ts";

// The laws are those of densities on ℝᵈ, so they look at flows on the sphere by coordinates, which the flows end with.
export const sphereFlowCases: Readonly<Record<string, DistributionCase>> = {
  "sphereFlow in cylindrical coordinates": {
    make: (key) => {
      const { base, transform } = sphereFlow({ transforms: 2, bins: 3, key, ...small });
      return new Flow(base, chain([transform, invert(new CylindricalToSphere())]));
    },
    integrate: { low: [-Math.PI, -1], high: [Math.PI, 1], points: 61 },
    outside: [
      [3.2, 0],
      [0, -1.01],
    ],
  },
  "sphereFlow in degrees, context": {
    make: (key) => {
      const { base, transform } = sphereFlow({ context: 2, transforms: 1, bins: 3, key, ...small });
      return new ConditionalFlow(base as Distribution, chain([transform, invert(new GeographicToSphere())]));
    },
    integrate: { low: [-90, -180], high: [90, 180], points: 61 },
    outside: [
      [91, 0],
      [0, 181],
    ],
  },
};
