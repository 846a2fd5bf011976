import * as tf from "@tensorflow/tfjs-core";
import {
  columnStatistics,
  cosineSchedule,
  createKey,
  type Distribution,
  type Flow,
  fitAuto,
  GeographicToSphere,
  type Key,
  logProbRows,
  Mixture,
  type NdArray,
  ndArray,
  nsf,
  sphereFlow,
  train,
  VonMisesFisher,
} from "pushforward";
import { mixtureWeights } from "pushforward/extend";
import type { SplitPlaces } from "./split-places.ts";

/** A density of places, the log-densities of rows of latitude and longitude, per steradian. */
export interface PlaceModel {
  readonly name: string;
  logDensity(places: NdArray): Float64Array;
}

/** How long the single flows are trained. */
export interface Effort {
  readonly steps: number;
  readonly transforms: number;
  readonly bins: number;
  readonly hidden: readonly number[];
}

const DEGREE = Math.PI / 180;

/** Fits the model of `npm run demo`: a mixture of flows of the plane of degrees. */
export async function planeMixture({ train: x, validation }: SplitPlaces, seed: number): Promise<PlaceModel> {
  const key = createKey(seed).fold("auto");
  const { model } = await fitAuto({ x }, { key, validation: { x: validation } });
  return onPlane("auto, plane", (rows) => logProbRows(model as Flow, rows));
}

/** One spline flow of the plane. */
export async function planeFlow(places: SplitPlaces, seed: number, { steps }: Effort): Promise<PlaceModel> {
  const key = createKey(seed).fold("nsf");
  const flow = nsf({ features: 2, standardize: columnStatistics(places.train), key });
  await train(flow, places.train, options(key, places.validation, steps));
  return onPlane("nsf, plane", (rows) => logProbRows(flow, rows));
}

/** Flows of the sphere, and the mixture of all flows with the uniform density, weighted by the validation rows. */
export async function sphereModels(
  places: SplitPlaces,
  seed: number,
  members: number,
  { steps, ...sizes }: Effort,
): Promise<readonly [single: PlaceModel, mixture: PlaceModel]> {
  const validation = unitVectors(places.validation);
  const flows: Distribution[] = [];
  for (let member = 0; member < members; member++) {
    const key = createKey(seed).fold(`sphere ${member}`);
    const flow = sphereFlow({ ...sizes, key });
    await train(flow, unitVectors(places.train), options(key, validation, steps));
    flows.push(flow);
  }
  const components = [...flows, new VonMisesFisher({ meanDirection: [0, 0, 1], concentration: 0 })];
  const { weights } = mixtureWeights(components.map((component) => rowsOf(component, validation)));
  const mixture = new Mixture({ weights, components });
  return [
    { name: "sphereFlow", logDensity: (rows) => rowsOf(flows[0] as Distribution, unitVectors(rows)) },
    {
      name: `${members === 1 ? "sphereFlow" : `${members} sphereFlows`} + uniform`,
      logDensity: (rows) => rowsOf(mixture, unitVectors(rows)),
    },
  ];
}

/** Rows of latitude and longitude as unit vectors. */
export function unitVectors({ shape, data }: NdArray): NdArray {
  const count = shape[0] as number;
  const vectors = tf.tidy(() => new GeographicToSphere().forward(tf.tensor2d(Float32Array.from(data), [count, 2])));
  const values = vectors.dataSync() as Float32Array;
  vectors.dispose();
  return ndArray([count, 3], values);
}

function options(key: Key, validation: NdArray, steps: number) {
  return {
    key: key.fold("train"),
    validation,
    batchSize: 128,
    maxSteps: steps,
    maxEpochs: steps,
    patience: steps,
    learningRate: cosineSchedule({ learningRate: 1e-2, steps }),
  };
}

function rowsOf(distribution: Distribution, vectors: NdArray): Float64Array {
  const { shape, data } = vectors;
  const logProb = tf.tidy(() => distribution.logProb(tf.tensor2d(Float32Array.from(data), shape as [number, number])));
  const values = Float64Array.from(logProb.dataSync());
  logProb.dispose();
  return values;
}

/**
 * Converts a density per square degree to a density per steradian: a square degree at latitude λ is cos λ·(π/180)²
 * steradians.
 */
function onPlane(name: string, logProb: (rows: NdArray) => Float64Array): PlaceModel {
  return {
    name,
    logDensity: (rows) => {
      const area = (row: number): number => Math.log(Math.cos((rows.data[2 * row] as number) * DEGREE) * DEGREE ** 2);
      return logProb(rows).map((value, row) => value - area(row));
    },
  };
}
