import { a1 } from "./a1-gaussian.ts";
import { a2, a3 } from "./a2-a3-not-gaussian.ts";
import { a4 } from "./a4-tilted-gaussian.ts";
import { a5 } from "./a5-blobs.ts";
import { a6 } from "./a6-mixture-base.ts";
import { a7 } from "./a7-mixture-base-in-the-plane.ts";
import { b0 } from "./b0-toy-sets.ts";
import { b1, b2 } from "./b1-b2-blobs.ts";
import { b3, b4 } from "./b3-b4-moons.ts";
import { b5, b6 } from "./b5-b6-two-spirals.ts";
import { b7, b8 } from "./b7-b8-checkerboard.ts";
import { b9, b10 } from "./b9-b10-one-layer.ts";
import { c } from "./c-maf-against-nsf.ts";
import { d1 } from "./d1-conditional-moons.ts";
import { d2, d3 } from "./d2-d3-bent-line.ts";
import { d4 } from "./d4-lotka-volterra.ts";
import type { Experiment } from "./lab.ts";

/** All experiments, in the order of the notebooks. */
export const experiments: readonly Experiment[] = [
  a1,
  a2,
  a3,
  a4,
  a5,
  a6,
  a7,
  b0,
  b1,
  b2,
  b3,
  b4,
  b5,
  b6,
  b7,
  b8,
  b9,
  b10,
  c,
  d1,
  d2,
  d3,
  d4,
];
