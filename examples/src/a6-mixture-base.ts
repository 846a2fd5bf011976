import { AffineElementwise, type Bijection } from "pushforward";
import { compare } from "./compare.ts";
import type { Experiment } from "./lab.ts";
import { normals } from "./line-targets.ts";
import { explain, ofDifferentNormals, ofEqualNormals } from "./mixture-base.ts";
import { linePicture } from "./pictures.ts";

/** A mixture of two normals by an affine map of "a mixture of two N(0, 1)". */
export const a6: Experiment = {
  id: "a6",
  title: "two normals, 500 points, affine map of a mixture base: must fail",
  run: async (lab) => {
    const map = (): Bijection => new AffineElementwise({ features: 1, shift: 1 });
    await compare(lab, {
      name: "a6",
      model: "affine map of 2 × N(0, 1); ours: of two different normals",
      target: normals([8, 10], [0.3, 0.9]),
      rows: 500,
      notebook: "picture: a Gaussian",
      original: ofEqualNormals(2, map, { epochs: lab.size(2000, 2), learningRate: 0.03 }),
      ours: ofDifferentNormals(lab, 2),
      draw: linePicture,
    });
    explain(lab, 2, 1);
  },
};
