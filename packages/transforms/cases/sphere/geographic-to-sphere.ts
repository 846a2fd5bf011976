import type { BijectionCase } from "@pushforward/testing";
import { chain } from "../../src/combinators/chain.ts";
import { invert } from "../../src/combinators/invert.ts";
import { CylindricalToSphere } from "../../src/sphere/cylindrical-to-sphere.ts";
import { GeographicToSphere } from "../../src/sphere/geographic-to-sphere.ts";

export const geographicToSphereCases: Readonly<Record<string, BijectionCase>> = {
  "GeographicToSphere, of cylindrical coordinates": {
    make: () => chain([new GeographicToSphere(), invert(new CylindricalToSphere())]),
    eventShape: [2],
    domain: { low: -80, high: 80 },
    range: { low: -0.95, high: 0.95 },
  },
};
