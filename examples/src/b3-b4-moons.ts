import { toyDataset } from "pushforward";
import type { Experiment } from "./lab.ts";
import { learnByAuto, learnDensity } from "./learned-density.ts";

const target = toyDataset("moons");

export const b3: Experiment = {
  id: "b3",
  title: "MAF on moons, 5,000 points",
  run: (lab) =>
    learnDensity(lab, {
      name: "b3",
      kind: "maf",
      target,
      rows: 5000,
      hidden: 50,
      notebook: { parameters: 52_770, validation: 2.463109254837036, lastEpoch: 127, improvements: 37 },
    }),
};

export const b4: Experiment = {
  id: "b4",
  title: "NSF on moons, 5,000 points",
  run: async (lab) => {
    await learnDensity(lab, {
      name: "b4",
      kind: "nsf",
      target,
      rows: 5000,
      hidden: 50,
      notebook: { parameters: 58_925, validation: 2.4582788149515786, lastEpoch: 54, improvements: 15 },
    });
    await learnByAuto(lab, "b4 auto", target, 5000);
  },
};
