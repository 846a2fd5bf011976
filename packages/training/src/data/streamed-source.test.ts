import { useBackend } from "@pushforward/backend";
import { createKey, DataError, ndArray, OptionError, type ParameterTree } from "@pushforward/core";
import { maf } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import type { Checkpoint } from "../fit/checkpoint.ts";
import { train, trainEvents } from "../fit/train.ts";
import type { TrainOptions } from "../fit/train-options.ts";
import type { RowStream } from "./streamed-source.ts";

const key = createKey(3);
const ROWS = 320;
const data = key.normal(2 * ROWS).map((z, i) => (i % 2 === 0 ? z : z * z));
const x = ndArray([ROWS, 2], data);
const held = ndArray([50, 2], key.fold(1).normal(100));
const options: TrainOptions = {
  key,
  validation: held,
  batchSize: 32,
  maxEpochs: 3,
  learningRate: 0.01,
  restoreBest: false,
};
const newModel = () => maf({ features: 2, key, transforms: 2, hidden: [8] });
const bits = (tree: ParameterTree): unknown => Array.from(tree.values(), (parameter) => Array.from(parameter.read()));

/** The same rows in each epoch, and which blocks were asked for. */
function streamOf(blockRows: number): RowStream & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...{ rows: ROWS, blockRows, asked },
    block: async (epoch, index) => {
      asked.push(`${epoch}.${index}`);
      const part = data.slice(2 * index * blockRows, 2 * (index + 1) * blockRows);
      return { x: ndArray([part.length / 2, 2], part) };
    },
  };
}

beforeAll(() => useBackend("wasm"));

test("a stream in the order of the data trains as the data themselves, bit for bit", async () => {
  const [whole, streamed] = [newModel(), newModel()];
  const stream = streamOf(96);
  await train(whole, x, { ...options, shuffle: false });
  const { steps } = await train(streamed, stream, { ...options, shuffle: false });
  expect(steps).toBe(30);
  expect(bits(streamed.parameters())).toEqual(bits(whole.parameters()));
  expect(stream.asked).toEqual(["1.0", "1.1", "1.2", "1.3", "2.0", "2.1", "2.2", "2.3", "3.0", "3.1", "3.2", "3.3"]);
});

test("the key deals the rows of each block anew in each epoch, and the same key the same way", async () => {
  const run = async (own: Partial<TrainOptions>) => {
    const model = newModel();
    await train(model, streamOf(96), { ...options, ...own });
    return bits(model.parameters());
  };
  const first = await run({});
  expect(await run({})).toEqual(first);
  expect(await run({ key: createKey(4) })).not.toEqual(first);
  expect(await run({ shuffle: false })).not.toEqual(first);
});

test("a checkpoint in the middle of an epoch resumes to the same bits, without the blocks before it", async () => {
  const [through, resumed] = [newModel(), newModel()];
  let saved: Checkpoint | undefined;
  const save = (checkpoint: Checkpoint): void => {
    saved ??= checkpoint;
  };
  await train(through, streamOf(96), { ...options, checkpoint: { every: { steps: 17 }, save } });
  const rest = streamOf(96);
  await train(resumed, rest, { ...options, resume: saved });
  expect(bits(resumed.parameters())).toEqual(bits(through.parameters()));
  expect(rest.asked[0]).toBe("2.2");
});

test("refusals: no validation rows, a block of another size, a row that is not finite, and what the stream throws", async () => {
  const fails = async (stream: RowStream, own: Partial<TrainOptions> = {}): Promise<unknown> =>
    train(newModel(), stream, { ...options, ...own }).catch((error: unknown) => error);
  expect(await fails(streamOf(96), { validation: 0.1 })).toEqual(
    new OptionError("train: expected separate validation rows with a stream, got 0.1. A stream can't be split."),
  );
  expect(await fails({ ...streamOf(96), rows: 0.5 })).toBeInstanceOf(OptionError);
  expect(await fails({ ...streamOf(96), block: async () => ({ x }) })).toEqual(
    new DataError("train: expected 96 rows in block 0 of the stream, got 320."),
  );
  const broken = ndArray([96, 2], new Float32Array(192).fill(Number.NaN));
  expect(await fails({ ...streamOf(96), block: async () => ({ x: broken }) })).toBeInstanceOf(DataError);
  const lost = new Error("the file is gone");
  const late = streamOf(96);
  expect(await fails({ ...late, block: (e, i) => (i === 2 ? Promise.reject(lost) : late.block(e, i)) })).toBe(lost);
});

test("who leaves the loop leaves no promise behind", async () => {
  const stream = streamOf(32);
  const failing: RowStream = {
    ...stream,
    block: (e, i) => (i > 0 ? Promise.reject(new Error("late")) : stream.block(e, i)),
  };
  for await (const event of trainEvents(newModel(), failing, options)) if (event.type === "step") break;
  await new Promise((resolve) => setTimeout(resolve, 10));
});
