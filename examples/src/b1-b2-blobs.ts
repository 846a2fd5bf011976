import { blobs } from "pushforward";
import type { Experiment } from "./lab.ts";
import { learnByAuto, learnDensity } from "./learned-density.ts";

const target = blobs();

export const b1: Experiment = {
  id: "b1",
  title: "MAF on blobs, 5,000 points",
  run: (lab) =>
    learnDensity(lab, {
      name: "b1",
      kind: "maf",
      target,
      rows: 5000,
      hidden: 4,
      notebook: { validation: 4.029447555541992, lastEpoch: 252, improvements: 149 },
    }),
};

export const b2: Experiment = {
  id: "b2",
  title: "NSF on blobs, 5,000 points",
  run: async (lab) => {
    await learnDensity(lab, {
      name: "b2",
      kind: "nsf",
      target,
      rows: 5000,
      hidden: 50,
      notebook: { parameters: 58_925, validation: 3.99298087755839, lastEpoch: 32, improvements: 9 },
    });
    await learnByAuto(lab, "b2 auto", target, 5000);
  },
};
