import { toyDataset } from "pushforward";
import type { Experiment } from "./lab.ts";
import { learnByAuto, learnDensity } from "./learned-density.ts";

const target = toyDataset("checkerboard");

export const b7: Experiment = {
  id: "b7",
  title: "MAF on a checkerboard, 5,000 points",
  run: (lab) =>
    learnDensity(lab, {
      name: "b7",
      kind: "maf",
      target,
      rows: 5000,
      hidden: 50,
      notebook: { parameters: 52_770, validation: 3.7779976526896157, lastEpoch: 123, improvements: 32 },
    }),
};

export const b8: Experiment = {
  id: "b8",
  title: "NSF on a checkerboard, 5,000 points",
  run: async (lab) => {
    await learnDensity(lab, {
      name: "b8",
      kind: "nsf",
      target,
      rows: 5000,
      hidden: 50,
      notebook: { parameters: 58_925, validation: 3.5739083290100098, lastEpoch: 121, improvements: 27 },
    });
    await learnByAuto(lab, "b8 auto", target, 5000);
  },
};
