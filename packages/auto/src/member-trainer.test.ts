import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray, ndArray, OptionError } from "@pushforward/core";
import { logProbRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { fitAuto, fitAutoEvents } from "./fit-auto.ts";
import type { MemberTrainer } from "./member-task.ts";
import { trainMemberEvents } from "./train-member.ts";

const key = createKey(0);
const options = { key, maxEpochs: 12, transforms: 1, hidden: [16], learningRate: 0.02 } as const;

beforeAll(() => useBackend("wasm"));

function normalRows(rows: number, columns: number): NdArray {
  return ndArray([rows, columns], Float64Array.from(createKey(17).normal(rows * columns)));
}

test("members that are trained elsewhere are asked for at once, and give the same model and log", async () => {
  const x = normalRows(150, 4);
  const plain = await fitAuto({ x }, options);
  const order: string[] = [];
  const memberTrainer: MemberTrainer = async function* (task, more) {
    order.push(`${task.index} begins`);
    expect(task.threads).toBe(1);
    const trained = yield* trainMemberEvents(task, more);
    order.push(`${task.index} ends`);
    return trained;
  };
  const elsewhere = await fitAuto({ x }, { ...options, memberTrainer });
  expect(logProbRows(elsewhere.model, x)).toEqual(logProbRows(plain.model, x));
  expect(elsewhere.log).toEqual(plain.log);
  expect(order.slice(0, 2)).toEqual(["0 begins", "1 begins"]);
  // This one depends on the second.
  expect(order.slice(-2)).toEqual(["2 begins", "2 ends"]);
  for (const { model } of [plain, elsewhere]) model.dispose();
});

test("the one member of fast, the events of all, and an error of the trainer", async () => {
  const x = normalRows(60, 2);
  const memberTrainer: MemberTrainer = (task, more) => trainMemberEvents(task, more);
  const { members, model } = await fitAuto({ x }, { ...options, quality: "fast", memberTrainer });
  expect(members).toHaveLength(1);
  model.dispose();

  const seen = new Set<string>();
  for await (const event of fitAutoEvents({ x }, { ...options, members: ["mixture", "quantile"], memberTrainer })) {
    if (event.type === "member") seen.add(`${event.index} of ${event.count}: ${event.event.type}`);
  }
  expect([...seen].filter((text) => text.endsWith("stop")).sort()).toEqual(["0 of 2: stop", "1 of 2: stop"]);

  // biome-ignore lint/correctness/useYield: it fails before there is anything to tell.
  const failing: MemberTrainer = async function* () {
    throw new RangeError("gone");
  };
  await expect(fitAuto({ x }, { ...options, memberTrainer: failing })).rejects.toThrow(new RangeError("gone"));
});

test("a stream is refused", async () => {
  const more = { memberTrainer: trainMemberEvents, stream: {} as never };
  await expect(fitAuto({ x: [[0]] }, { key, ...more })).rejects.toThrow(
    new OptionError("fitAuto: expected no stream with a memberTrainer, got both. Rows of a stream are only read here."),
  );
});
