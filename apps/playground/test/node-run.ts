import { splitStandardization } from "@pushforward/flows/extend";
import {
  type ArchitectureName,
  columnStatistics,
  cosineSchedule,
  createFlow,
  createKey,
  logProbRows,
  type NdArray,
  standardize,
  takeRows,
  toyDataset,
  trainEvents,
} from "pushforward";

/** A run of the page on two moons, by hand. */
export interface NodeRun {
  readonly flow: ArchitectureName;
  readonly rows: number;
  readonly width: number;
  readonly transforms: number;
  readonly epochs: number;
  readonly batch: number;
  readonly seed: number;
}

/** Results of a run: nats per row in the units of the data. */
export interface NodeFigures {
  readonly trainNll: number;
  readonly validationNll: number;
  readonly steps: number;
}

/** Computes the results of a run in Node, with the library alone. */
export async function nodeRun(run: NodeRun): Promise<NodeFigures> {
  const key = createKey(run.seed);
  const [initKey, fitKey] = key.split(2);
  const rows = toyDataset("moons").sample(key.fold("data"), run.rows);
  const order = key.fold("split").permutation(run.rows);
  const held = Math.round(0.1 * run.rows);
  const [validation, train] = [takeRows(rows, order.slice(0, held)), takeRows(rows, order.slice(held))];
  const { mean, sd } = columnStatistics(train);
  const shared = {
    features: 2,
    context: undefined,
    key: initKey,
    transforms: run.transforms,
    hidden: [run.width, run.width],
    standardize: { mean, sd },
  };
  const flow = createFlow(run.flow, shared);
  let steps = 0;
  const events = trainEvents(splitStandardization(flow).inner, standardize(train, { mean, sd }), {
    key: fitKey,
    validation: standardize(validation, { mean, sd }),
    maxEpochs: run.epochs,
    // The page waits longer for smaller steps than the default.
    patience: Math.max(20, Math.ceil(run.epochs / 3)),
    batchSize: run.batch,
    threads: 1,
    learningRate: cosineSchedule({ learningRate: 5e-3 }),
  });
  for await (const event of events) if (event.type === "stop") steps = event.steps;
  const nll = (part: NdArray): number => {
    const values = logProbRows(flow, part);
    return -values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const figures = { trainNll: nll(train), validationNll: nll(validation), steps };
  flow.dispose();
  return figures;
}
