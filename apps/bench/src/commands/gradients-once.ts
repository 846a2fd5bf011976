import { writeFile } from "node:fs/promises";
import { type SafetensorsTensor, writeSafetensors } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  type BackendName,
  createKey,
  type Flow,
  type Key,
  type NdArray,
  ndArray,
  trainEvents,
  useBackend,
} from "pushforward";
import { type ModelSpec, makeFlow } from "../models/models.ts";

/** A model, and the file that is to hold its weights, its densities, its loss and its gradients. */
export interface GradientsJob {
  readonly model: ModelSpec;
  readonly backend: BackendName;
  readonly file: string;
}

/** Computes loss and gradients of a batch with random weights, as `train` does, and writes both to a file. */
export async function gradientsOnce({ model, backend, file }: GradientsJob): Promise<object> {
  await useBackend(backend);
  using flow = makeFlow(model);
  const key = createKey(5);
  randomize(flow, key.fold("weights"));
  const { batch, features } = model;
  // Wide enough that some rows lie outside the box of a spline.
  const values = key
    .fold("x")
    .normal(batch * features)
    .map((value) => 1.5 * value);
  const x = ndArray([batch, features], values);
  const tensors = new Map<string, SafetensorsTensor>([["x", float32([batch, features], values)]]);
  const logProb = tf.tidy(() => flow.logProb(tf.tensor(values, [batch, features])).dataSync() as Float32Array);
  tensors.set("logProb", float32([batch], logProb));
  const noise = key.fold("noise").normal(batch * features);
  const pushed = tf.tidy(() => flow.transform.forward(tf.tensor(noise, [batch, features])).dataSync() as Float32Array);
  tensors.set("noise", float32([batch, features], noise)).set("pushed", float32([batch, features], pushed));
  for (const [path, weights] of readAll(flow)) tensors.set(`weight/${path}`, weights);
  const { loss, gradients } = await oneStep(flow, x, key);
  tensors.set("loss", float32([1], Float32Array.of(loss)));
  for (const [path, gradient] of gradients) tensors.set(`gradient/${path}`, gradient);
  await writeFile(file, writeSafetensors(tensors));
  return {};
}

/**
 * Computes the gradients of `train` in its current mode. The function makes one Adam step with an epsilon well above
 * any gradient, and an equal learning rate, so that each parameter moves by its gradient.
 */
async function oneStep(
  flow: Flow,
  x: NdArray,
  key: Key,
): Promise<{ loss: number; gradients: ReadonlyMap<string, SafetensorsTensor> }> {
  const epsilon = 1e8;
  const before = readAll(flow);
  const events = trainEvents(flow, x, {
    key,
    batchSize: x.shape[0],
    maxSteps: 1,
    validation: 0,
    clipNorm: 0,
    threads: 1,
    learningRate: epsilon,
    optimizer: adam({ epsilon }),
  });
  for await (const event of events) {
    if (event.type !== "step") continue;
    const gradients = new Map<string, SafetensorsTensor>();
    for (const [path, { shape, data }] of readAll(flow)) {
      const old = before.get(path)?.data as Float32Array;
      gradients.set(
        path,
        float32(
          shape,
          (data as Float32Array).map((value, i) => (old[i] as number) - value),
        ),
      );
    }
    return { loss: event.loss, gradients };
  }
  throw new Error("the fit ended without a step");
}

function readAll(flow: Flow): Map<string, SafetensorsTensor> {
  return new Map(
    [...flow.parameters()].map(([path, parameter]) => [
      path,
      float32(parameter.shape, Float32Array.from(parameter.read() as Float32Array)),
    ]),
  );
}

/** Weights that make every part of the model count: half as large as would keep the variance, small vectors. */
function randomize(flow: Flow, key: Key): void {
  for (const [path, parameter] of flow.parameters()) {
    const { shape } = parameter;
    const scale = shape.length === 2 ? 0.5 / Math.sqrt(shape[0] as number) : 0.1;
    const size = shape.reduce((product, n) => product * n, 1);
    parameter.write(
      key
        .fold(path)
        .normal(size)
        .map((value) => scale * value),
    );
  }
}

function float32(shape: readonly number[], data: Float32Array): SafetensorsTensor {
  return { dtype: "F32", shape, data };
}
