import { toyDataset } from "pushforward";
import type { Experiment } from "./lab.ts";
import { learnByAuto, learnDensity } from "./learned-density.ts";

const target = toyDataset("2spirals");

export const b5: Experiment = {
  id: "b5",
  title: "MAF on two spirals, 5,000 points",
  run: (lab) =>
    learnDensity(lab, {
      name: "b5",
      kind: "maf",
      target,
      rows: 5000,
      hidden: 50,
      notebook: { parameters: 52_770, validation: 3.2916738986968994, lastEpoch: 66, improvements: 17 },
    }),
};

export const b6: Experiment = {
  id: "b6",
  title: "NSF on two spirals, 5,000 points",
  run: async (lab) => {
    await learnDensity(lab, {
      name: "b6",
      kind: "nsf",
      target,
      rows: 5000,
      hidden: 50,
      notebook: { parameters: 58_925, validation: 2.7272053559621177, lastEpoch: 77, improvements: 22 },
    });
    await learnByAuto(lab, "b6 auto", target, 5000);
  },
};
