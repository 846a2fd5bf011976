import { createKey, parameterCount, toyDataset } from "pushforward";
import type { Experiment } from "./lab.ts";
import { learnByAuto, learnDensity } from "./learned-density.ts";
import { originalMaf, originalNsf } from "./original-models.ts";

const target = toyDataset("moons");

/** MAF against an NSF with an equal number of parameters, for a large and for a small number of points. */
export const c: Experiment = {
  id: "c",
  title: "MAF against NSF on moons, 5,000 and 500 points",
  run: async (lab) => {
    const maf = parametersOf(() => originalMaf({ features: 2, hidden: 50, key: createKey(0) }));
    const nearest = nearestNsf(maf);
    lab.row({ model: "MAF, 50 hidden units", quantity: "parameters", notebook: 52_770, faithful: [maf] });
    lab.row({ model: "nearest NSF", quantity: "hidden units", notebook: 47, faithful: [nearest.hidden] });
    lab.row({ model: "nearest NSF", quantity: "bins", notebook: 10, faithful: [nearest.bins] });
    lab.row({ model: "nearest NSF", quantity: "parameters", notebook: 52_580, faithful: [nearest.parameters] });
    const big = { target, rows: 5000 };
    const small = { target, rows: 500 };
    const losses = {
      mafBig: { validation: 2.4693212509155273, lastEpoch: 140 },
      mafSmall: { validation: 2.694247325261434, lastEpoch: 92 },
      nsfBig: { validation: 2.444124778111776, lastEpoch: 48 },
      nsfSmall: { validation: 2.6972570419311523, lastEpoch: 46 },
    };
    await learnDensity(lab, { ...big, name: "c maf 5000", kind: "maf", hidden: 50, notebook: losses.mafBig });
    await learnDensity(lab, { ...small, name: "c maf 500", kind: "maf", hidden: 50, notebook: losses.mafSmall });
    await learnDensity(lab, { ...big, name: "c nsf 5000", kind: "nsf", hidden: 47, notebook: losses.nsfBig });
    await learnDensity(lab, { ...small, name: "c nsf 500", kind: "nsf", hidden: 47, notebook: losses.nsfSmall });
    await learnByAuto(lab, "c auto 500", target, 500);
    lab.note(
      "With 500 points there are 150 to validate by: their loss has a standard error of about 0.07, and the lowest of " +
        "some dozen epochs is lower than that of fresh rows.",
    );
  },
};

/** The NSF of 3 to 10 bins and 40 to 50 hidden units that has the most similar number of parameters. */
function nearestNsf(wanted: number): { hidden: number; bins: number; parameters: number } {
  let best = { hidden: 0, bins: 0, parameters: 0 };
  for (let bins = 3; bins <= 10; bins++) {
    for (let hidden = 40; hidden <= 50; hidden++) {
      const parameters = parametersOf(() => originalNsf({ features: 2, hidden, bins, key: createKey(0) }));
      if (Math.abs(parameters - wanted) < Math.abs(best.parameters - wanted)) best = { hidden, bins, parameters };
    }
  }
  return best;
}

function parametersOf(make: () => ReturnType<typeof originalMaf>): number {
  using model = make();
  return parameterCount(model.parameters());
}
