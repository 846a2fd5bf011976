import { blobs, createKey, type ToyDataset, toyDataset, toyDatasetNames } from "pushforward";
import { contourPlot, panelFigure, seriesPlot } from "pushforward/plots";
import type { Experiment, Lab } from "./lab.ts";
import { columnOf } from "./measures.ts";
import { planeGrid } from "./pictures.ts";
import { tiltedGaussian } from "./planar-targets.ts";

const sets: readonly ToyDataset[] = [...toyDatasetNames.map(toyDataset), tiltedGaussian([2, 7]), blobs()];

/** The ten toy sets, a Gaussian and the blobs. The notebook shows points; here the densities are known as well. */
export const b0: Experiment = {
  id: "b0",
  title: "the ten toy sets, a Gaussian and blobs, 5,000 points each",
  run: async (lab) => {
    for (const set of sets) await measure(lab, set);
    lab.picture("b0", panelFigure({ plots: sets.map(picture), columns: 4 }));
    lab.note(
      "line and cos are curves without noise: they have no area, and so no density in the plane that a flow could " +
        "approach. A flow that is trained on them gets narrower for as long as it is trained.",
    );
  },
};

/** The mean of −log p of the points is the entropy, up to the noise of 5,000 draws. */
async function measure(lab: Lab, { name, sample, logProb, entropy }: ToyDataset): Promise<void> {
  if (logProb === undefined || entropy === undefined) return;
  const { nll } = await lab.repeat(`b0 ${name}`, async (key) => {
    const values = logProb(sample(key, lab.size(5000, 200)));
    return { nll: -values.reduce((sum, value) => sum + value / values.length, 0) };
  });
  lab.row({ model: `${name}, the truth`, quantity: "−log p of 5,000 points", floor: entropy, ours: nll });
}

function picture({ name, sample, logProb, bounds }: ToyDataset): string {
  const size = { title: name, width: 250, height: 250 };
  const rows = sample(createKey(name), 80);
  const points = { x: columnOf(rows, 0), y: columnOf(rows, 1), name: "points" };
  if (logProb === undefined) {
    return seriesPlot({
      ...size,
      series: [{ name: "points", x: points.x, values: points.y, dots: true, color: "#1f2328" }],
    });
  }
  const { points: nodes, x, y } = planeGrid(bounds, 48);
  return contourPlot({
    ...size,
    x,
    y,
    logDensity: logProb(nodes),
    levels: { mass: [0.95, 0.5] },
    aspect: "equal",
    points,
  });
}
