import type { TimeSlice } from "@pushforward/core/plain";
import { chain, Flow, lazyRegistry, readModel } from "pushforward";
import type { Chain } from "pushforward/extend";
import type { DensityFrame, Intro, View } from "../../shared/protocol.ts";
import { Bend } from "./bend.ts";
import { densityOfTwo, paint } from "./density-grid.ts";
import { INTRO_MODEL } from "./intro-model.ts";

/** Cells of a side of its densities. */
const SIZE = 100;

/** Pictures of the trained flow that comes with the page: the density after each layer, and how the layers bend space. */
export async function introOf(view: View, points: readonly Float64Array[], slice: TimeSlice): Promise<Intro> {
  const bytes = Uint8Array.from(atob(INTRO_MODEL), (letter) => letter.charCodeAt(0));
  const { model } = await readModel<Flow>(bytes, lazyRegistry);
  using flow = model;
  const { layers } = flow.transform as Chain;
  const [units] = layers.slice(-1);
  const densities: DensityFrame[] = [];
  for (let count = 0; count < layers.length; count++) {
    // The first layers only, in the units of the data.
    const part = new Flow(flow.base, chain([...layers.slice(0, count), ...(units ? [units] : [])]));
    const grid = await densityOfTwo(part, view, SIZE, undefined, slice);
    const { logDensity } = grid;
    const about = { step: 0, view, size: SIZE, samples: new Float64Array(0), marginal: false };
    densities.push({ ...about, logDensity, ...paint(grid, view.theme) });
  }
  return { densities, bend: new Bend(flow, 2, points, undefined).frame(view, undefined, 0) };
}
