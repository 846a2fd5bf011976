import { loadavg } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { createKey, type Flow, ndArray, trainEvents, useBackend } from "pushforward";
import { jaxMaf } from "../models/jax-maf.ts";
import { makeFlow, usePlainOperations } from "../models/models.ts";
import { type Measurement, type OurJob, Stopwatch, type Task, type Timing } from "../processes/job.ts";

/** Measures one model of ours through the public API, in this process. */
export async function measure(job: OurJob): Promise<Measurement> {
  await useBackend(job.backend);
  if (job.program === "plain") usePlainOperations();
  const times: Record<string, Timing> = {};
  for (const task of job.tasks) times[task.id] = await (job.program === "jax-js" ? jaxTime : timeOf)(task, job);
  return { times, threads: job.threads, load: loadavg()[0] as number };
}

async function timeOf(task: Task, job: OurJob): Promise<Timing> {
  using flow = makeFlow(job.model);
  if (task.name === "step") return await stepTime(flow, job);
  const key = createKey(1);
  const { features } = job.model;
  const watch = new Stopwatch(job.seconds);
  if (task.name === "sample") {
    for (let i = 0; ; i++) {
      read(flow.sample(key.fold(i), [task.rows]));
      if (watch.lap()) return watch.timing();
    }
  }
  const x = tf.tensor(key.normal(task.rows * features), [task.rows, features]);
  do read(flow.logProb(x));
  while (!watch.lap());
  x.dispose();
  return watch.timing();
}

/** The time of a task in jax-js. A step gets one batch; it does not shuffle or check. */
async function jaxTime(task: Task, { model, seconds }: OurJob): Promise<Timing> {
  using flow = makeFlow(model);
  const theirs = await jaxMaf(model, flow);
  const x = createKey(1).normal(task.rows * model.features);
  const watch = new Stopwatch(seconds);
  do theirs[task.name === "step" ? "step" : "logProb"](x);
  while (!watch.lap());
  return watch.timing();
}

/** The times between `step` events of a fit. */
async function stepTime(flow: Flow, job: OurJob): Promise<Timing> {
  const { features, batch } = job.model;
  const data = ndArray([job.rows, features], createKey(2).normal(job.rows * features));
  const events = trainEvents(flow, data, {
    key: createKey(3),
    batchSize: batch,
    maxEpochs: Number.MAX_SAFE_INTEGER,
    learningRate: 1e-3,
    validation: 0,
    threads: job.threads,
  });
  const watch = new Stopwatch(job.seconds);
  for await (const event of events) if (event.type === "step" && watch.lap()) break;
  return watch.timing();
}

function read(tensor: tf.Tensor): void {
  tensor.dataSync();
  tensor.dispose();
}
