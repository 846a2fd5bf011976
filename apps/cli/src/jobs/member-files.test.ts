import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MemberTask } from "@pushforward/auto/extend";
import { saveCheckpoint } from "@pushforward/serialization/node";
import { createKey, maf, useBackend } from "pushforward";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type JobPlan, WorkerFolder } from "./job-folder.ts";
import { encodeTask, loadTask, loadTrained, writeWeights } from "./member-files.ts";
import { MemberFolder } from "./member-folder.ts";
import { runJob } from "./run-job.ts";

const key = createKey(0);
const plan: JobPlan = { format: "pushforward members", version: 1, run: "0123456789abcdef", backend: "wasm" };
const rows = (count: number) => ({ x: { shape: [count, 2], data: Float64Array.from(key.normal(2 * count)) } });
const taskOf = (): MemberTask => ({
  ...{ index: 0, kind: "mixture", key, threads: 1, train: rows(40), validation: rows(20) },
  member: maf({ features: 2, key, transforms: 1, hidden: [4] }),
  training: { epochs: 2, batchSize: 20, patience: 2, learningRate: 0.01, isBaseSlow: false },
});

let root: string;
let folder: MemberFolder;
let allowed: WorkerFolder;
beforeAll(() => useBackend("wasm"));
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "pushforward-members-"));
  const made = root;
  onTestFinished(() => rmSync(made, { recursive: true }));
  mkdirSync(join(root, "inner"));
  allowed = await WorkerFolder.open(join(root, "inner"));
  folder = await MemberFolder.make(join(root, "inner/jobs"));
  await folder.begin(plan);
});

/** Writes the files of a task, and gives its ticket. */
async function put(task: MemberTask) {
  await folder.putTask(0, encodeTask(task, await folder.putRows(task)));
  return { folder: folder.path, run: plan.run, member: 0 };
}

/** Changes the bytes of a file. */
function damage(file: string, from: string, to: string): void {
  const text = readFileSync(file, "latin1");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to), "latin1");
}

test("a task is trained once, and the weights of its file are those of a training here", async () => {
  const task = taskOf();
  const ticket = await put(task);
  expect(await runJob(ticket, allowed)).toBe("2 epochs");
  expect(await runJob(ticket, allowed)).toBe("it is trained already");
  const trained = await loadTrained(folder.trainedFile(0));
  expect(trained.result).toMatchObject({ epochs: 2, steps: 4, weights: "best" });
  writeWeights(task.member, trained, "f");
  for (const [path, values] of trained.weights) expect(task.member.parameters().get(path)?.read()).toEqual(values);
  const other = maf({ features: 2, key, transforms: 1, hidden: [5] });
  expect(() => writeWeights(other, trained, "f")).toThrow(
    "f: expected the weights of the member, got different ones in ",
  );
  await folder.remove();
  expect(readdirSync(join(root, "inner"))).toEqual([]);
});

describe("what a worker refuses", () => {
  test("a fit that is not there, files that are damaged, another kind of file", async () => {
    const ticket = await put(taskOf());
    await expect(runJob({ ...ticket, run: "f".repeat(16) }, allowed)).rejects.toThrow(
      `expected the fit ${"f".repeat(16)}, got ${plan.run}.`,
    );
    await expect(runJob({ ...ticket, folder: "jobs" }, allowed)).rejects.toThrow("expected the whole path");
    await expect(runJob({ ...ticket, member: 1 }, allowed)).rejects.toThrow(/member-1\.task.*, got none/);
    damage(folder.taskFile(0), '\\"batchSize\\":20', '\\"batchSize\\":21');
    await expect(runJob(ticket, allowed)).rejects.toThrow(/member-0\.task\.safetensors": .*The file is damaged/);
    const again = await put(taskOf());
    await saveCheckpoint(folder.rowsFile, { meta: {}, arrays: new Map() });
    await expect(runJob(again, allowed)).rejects.toThrow(/rows\.safetensors: expected the rows with the SHA-256/);
    await expect(folder.loadRows()).rejects.toThrow(
      "rows.safetensors: expected the rows of a fit, got something else.",
    );
    damage(folder.planFile, '"version":1', '"version":2');
    await expect(runJob(again, allowed)).rejects.toThrow(
      /plan\.json: expected the plan of a fit, got version 2, which another release wrote/,
    );
  });

  test("tasks with fields out of range", async () => {
    const task = taskOf();
    const hash = "0".repeat(64);
    const cases: readonly [Partial<MemberTask>, string, string][] = [
      [{ index: -1 }, hash, "index"],
      [{ kind: "kernel" as never }, hash, "kind"],
      [{ threads: 0 }, hash, "threads"],
      [{ training: { ...task.training, epochs: 0 } }, hash, "training"],
      [{ training: { ...task.training, learningRate: -1 } }, hash, "training"],
      [{}, "../rows", "rows"],
    ];
    for (const [change, rowsHash, wrong] of cases) {
      await folder.putTask(0, encodeTask({ ...task, ...change }, rowsHash));
      await expect(loadTask(folder.taskFile(0))).rejects.toThrow(
        `member-0.task.safetensors: expected the task of a member, got an invalid "${wrong}".`,
      );
    }
    await saveCheckpoint(folder.trainedFile(0), { meta: { format: "x" }, arrays: new Map() });
    await expect(loadTrained(folder.trainedFile(0))).rejects.toThrow('got an invalid "format".');
  });

  test("files outside of its folder, also by a symbolic link; none is written through one", async () => {
    const ticket = await put(taskOf());
    const outside = await MemberFolder.make(join(root, "outside"));
    await outside.begin(plan);
    await expect(runJob({ ...ticket, folder: outside.path }, allowed)).rejects.toThrow("got one outside of it");
    writeFileSync(join(root, "victim"), "mine");
    symlinkSync(join(root, "victim"), folder.trainedFile(0));
    await runJob(ticket, allowed);
    expect(readFileSync(join(root, "victim"), "utf8")).toBe("mine");
    rmSync(folder.rowsFile);
    symlinkSync(join(root, "victim"), folder.rowsFile);
    await expect(runJob(ticket, allowed)).rejects.toThrow(/victim|rows\.safetensors: expected a file in the folder/);
  });
});

test("rows of other shapes than the file says are refused", async () => {
  const meta = { format: "pushforward member rows", columns: 2, context: 1 };
  const whole = { "train.x": 4, "train.context": 2, "validation.x": 2, "validation.context": 1 };
  const cases: readonly [Partial<Record<keyof typeof whole, number>>, string][] = [
    [{ "train.x": 3 }, '3 numbers for 2 columns in "train.x"'],
    [{ "train.context": 3 }, '3 contexts for 2 rows in "train"'],
    [{ "validation.x": 0 }, '0 numbers for 2 columns in "validation.x"'],
  ];
  const save = (sizes: Readonly<Record<string, number>>, value = 0.5) => {
    const arrays = new Map(Object.entries(sizes).map(([name, size]) => [name, new Float64Array(size).fill(value)]));
    return saveCheckpoint(folder.rowsFile, { meta, arrays });
  };
  await save(whole);
  expect((await folder.loadRows()).train.context?.shape).toEqual([2, 1]);
  for (const [change, problem] of cases) {
    await save({ ...whole, ...change });
    await expect(folder.loadRows()).rejects.toThrow(`expected the rows of a fit, got ${problem}.`);
  }
  await save({ "train.x": 4, "train.context": 2 });
  await expect(folder.loadRows()).rejects.toThrow('got none in "validation.x".');
  await save(whole, Number.NaN);
  await expect(folder.loadRows()).rejects.toThrow('got a number in "train.x" that is not finite.');
});

test("a folder with other files is left alone", async () => {
  writeFileSync(join(folder.path, `${randomUUID()}.tmp`), "of a worker that was killed");
  await folder.begin(plan);
  expect(readdirSync(folder.path)).toEqual(["plan.json"]);
  writeFileSync(join(folder.path, "mine.tmp"), "");
  await expect(folder.begin(plan)).rejects.toThrow('or one of members, got one with "mine.tmp".');
  await folder.remove();
  expect(readdirSync(folder.path)).toEqual(["mine.tmp"]);
});
