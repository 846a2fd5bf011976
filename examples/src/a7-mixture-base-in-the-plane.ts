import type { Bijection, Key } from "pushforward";
import { compare } from "./compare.ts";
import { originalPositiveLinear } from "./fits.ts";
import type { Experiment } from "./lab.ts";
import { explain, ofDifferentNormals, ofEqualNormals } from "./mixture-base.ts";
import { planePicture } from "./pictures.ts";
import { blobsLimit, wideBlobs } from "./planar-targets.ts";

/** Three blobs by a positive matrix of "a mixture of three N(0, I)". */
export const a7: Experiment = {
  id: "a7",
  title: "three blobs, 300 points, positive matrix of a mixture base: must fail",
  run: async (lab) => {
    const map = (key: Key): Bijection => originalPositiveLinear(2, key);
    await compare(lab, {
      name: "a7",
      model: "positive matrix of 3 × N(0, I); ours: affine map of three different normals",
      target: wideBlobs,
      rows: 300,
      notebook: "picture: a Gaussian",
      limit: blobsLimit,
      original: ofEqualNormals(3, map, { epochs: lab.size(1000, 2), learningRate: 0.02, sum: true }),
      ours: ofDifferentNormals(lab, 3),
      draw: planePicture,
    });
    explain(lab, 3, 2);
  },
};
