import type { BijectionCase } from "@pushforward/testing";
import { chain } from "../../src/combinators/chain.ts";
import { invert } from "../../src/combinators/independent.ts";
import { CylindricalToSphere, GeographicToSphere } from "../../src/sphere.ts";

export const geographicToSphereCases: Readonly<Record<string, BijectionCase>> = {
  "GeographicToSphere, of cylindrical coordinates": {
    make: () => chain([new GeographicToSphere(), invert(new CylindricalToSphere())]),
    eventShape: [2],
    domain: { low: -80, high: 80 },
    range: { low: -0.95, high: 0.95 },
  },
};
