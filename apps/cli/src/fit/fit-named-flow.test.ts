import { createKey, ndArray, type TrainEvent, TrainingDivergedError, useBackend } from "pushforward";
import { beforeAll, expect, test, vi } from "vitest";
import { type FitNamedFlowOptions, fitNamedFlow } from "./fit-named-flow.ts";

const script = vi.hoisted(() => ({ bestEpoch: undefined as number | undefined }));

/** A fit that diverges in its fifth epoch, when the test asks for one. */
vi.mock("pushforward", async (original) => {
  const real = await original<typeof import("pushforward")>();
  async function* diverging(): AsyncGenerator<TrainEvent> {
    const { bestEpoch = 0 } = script;
    yield {
      type: "stop",
      reason: "diverged",
      epochs: 5,
      steps: 9,
      bestEpoch,
      bestValidationLoss: 1,
      weights: "best",
      seconds: 1,
    };
    throw new real.TrainingDivergedError("train: diverged.", { step: 9, epoch: 5, learningRate: 1, loss: Number.NaN });
  }
  const trainEvents = (...args: Parameters<typeof real.trainEvents>) =>
    script.bestEpoch === undefined ? real.trainEvents(...args) : diverging();
  return { ...real, trainEvents };
});

beforeAll(() => useBackend("cpu"));

const z = createKey(0).normal(80);
const part = { x: ndArray([40, 2], Float64Array.from(z)) };
const options: FitNamedFlowOptions = { choice: { flow: "maf", transforms: 1, hidden: [4] }, seed: 0, maxEpochs: 1 };

test("a fit that diverges after an epoch worth keeping keeps it", async () => {
  script.bestEpoch = 3;
  const { diverged, result } = await fitNamedFlow(part, part, options);
  expect(diverged).toBeInstanceOf(TrainingDivergedError);
  expect(result).toMatchObject({ reason: "diverged", bestEpoch: 3 });
});

test("one that diverges before is an error", async () => {
  script.bestEpoch = 0;
  await expect(fitNamedFlow(part, part, options)).rejects.toThrow("train: diverged.");
});

test("one that does not diverge says so; events are passed on", async () => {
  script.bestEpoch = undefined;
  const types: string[] = [];
  const fitted = await fitNamedFlow(part, part, { ...options, onEvent: (event) => types.push(event.type) });
  expect(fitted.diverged).toBeUndefined();
  expect(fitted.result.epochs).toBe(1);
  expect(types).toEqual(["start", "step", "epoch", "stop"]);
});

test("the number of threads goes to the fit", async () => {
  script.bestEpoch = undefined;
  await expect(fitNamedFlow(part, part, { ...options, threads: 0 })).rejects.toThrow('expected threads to be "auto"');
});
