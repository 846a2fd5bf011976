import type { SplineForm } from "@pushforward/core/extend";
import type { BijectionCase } from "@pushforward/testing";
import { rationalQuadratic } from "../src/families/rational-quadratic.ts";
import { knots } from "./knots.ts";
import { extreme, Learnable, random } from "./learnable.ts";

// As of ours at extremes: narrow bins under steep slopes.
const squeezed = { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-2, backends: 1e-3 };

/** Three splines of four equal bins with the boundary slopes 1e-3 and 50, 50 and 1e-3, and 50 twice. */
const steepTails = [
  [-50, 50],
  [50, -50],
  [50, 50],
].flatMap(([first, last]) => [...Array<number>(8).fill(0), first as number, 0, 0, 0, last as number]);

/** Slopes from `slope` to one over it, and bins that are as soft. */
function clipped(slope: number): Partial<SplineForm> {
  const slopeLimit = -Math.log(slope);
  return { softmaxLimit: slopeLimit / 2, minBin: 0, slopeLimit };
}

export const rationalQuadraticCases: Readonly<Record<string, BijectionCase>> = {
  "rationalQuadratic family at zero": {
    make: () => new Learnable(rationalQuadratic(), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family of 2 bins": {
    make: (key) => random(rationalQuadratic({ bins: 2, bound: 3 }), [2], 1, key),
    eventShape: [2],
    edges: [-3, 3],
    elementwise: true,
  },
  "rationalQuadratic family at random": {
    make: (key) => random(rationalQuadratic({ bins: 8, bound: 5 }), [5], 1, key),
    eventShape: [5],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family of 16 bins": {
    make: (key) => random(rationalQuadratic({ bins: 16, bound: 2 }), [], 1, key),
    eventShape: [],
    edges: [-2, 2],
    elementwise: true,
  },
  "rationalQuadratic family at extremes": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5 }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    // Slopes from 1e-3 to 1e3 within a hundredth: float32 keeps three digits of the position inside such a bin.
    tolerances: { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-2, backends: 1e-3 },
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },
  "rationalQuadratic family at zero with linear tails": {
    make: () => new Learnable(rationalQuadratic({ tails: "linear" }), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family at random with linear tails": {
    make: (key) => random(rationalQuadratic({ tails: "linear" }), [5], 1, key),
    eventShape: [5],
    edges: knots,
    elementwise: true,
    // In a bin much flatter than its ends, a rounding of x beside ±5 moves the log-slope by 7e-4.
    tolerances: { logDet: 1e-3 },
  },
  "rationalQuadratic family of the flattest and steepest tails": {
    make: () => new Learnable(rationalQuadratic({ bins: 4, tails: "linear" }), [3], steepTails),
    eventShape: [3],
    edges: knots,
    elementwise: true,
    // A rounding of y on a tail of slope 1e-3 is a thousand roundings of x.
    tolerances: { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-3, backends: 1e-3 },
  },
  "rationalQuadratic family of 2 bins with linear tails": {
    make: (key) => random(rationalQuadratic({ bins: 2, bound: 3, tails: "linear" }), [2], 1, key),
    eventShape: [2],
    edges: [-3, 3],
    elementwise: true,
  },
  "rationalQuadratic family at extremes with linear tails": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5, tails: "linear" }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: { jacobian: 2e-3, backends: 1e-3 },
    knownLimits: [
      { law: "round trip from x", reason: "bins of a slope of 1e-7, in which float32 cannot tell the values apart" },
      { law: "log-dets are negatives", reason: "the same" },
      { law: "change of measure", reason: "the bins are narrower than the steps of the integration" },
    ],
  },
  ...Object.fromEntries(
    Object.entries({
      "slopes from 1e-3 to 1e3": clipped(1e-3),
      "slopes from 1e-4 to 1e4": clipped(1e-4),
      "slopes that start at 0.694": { slopeOffset: 0 },
      "a softmax of 50 hidden units": { slopeOffset: 0, softmaxScale: 1 / Math.sqrt(50) },
    }).map(([name, form]): [string, BijectionCase] => [
      `rationalQuadratic family of ${name} at random`,
      {
        make: (key) => random(rationalQuadratic({ bins: 8, bound: 5, form }), [5], 1, key),
        eventShape: [5],
        edges: knots,
        elementwise: true,
      },
    ]),
  ),
  "rationalQuadratic family of slopes from 1e-3 to 1e3 with linear tails": {
    make: (key) => random(rationalQuadratic({ bins: 4, tails: "linear", form: clipped(1e-3) }), [3], 1, key),
    eventShape: [3],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family of slopes from 1e-3 to 1e3 at large parameters": {
    make: (key) => random(rationalQuadratic({ bins: 4, bound: 5, form: clipped(1e-3) }), [4], 5, key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    // At slopes of 1e-3 gradients of the inverse are a thousand times those of the spline, and so are their roundings.
    tolerances: { ...squeezed, backendGradients: 2e-3 },
  },
  "rationalQuadratic family of slopes from 1e-4 to 1e4 at extremes": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5, form: clipped(1e-4) }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: squeezed,
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },
  "rationalQuadratic family of slopes that start at 0.694 at extremes": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5, form: { slopeOffset: 0 } }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: squeezed,
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },
};
