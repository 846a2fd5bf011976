import { existsSync, writeFileSync } from "node:fs";
import { loadModel, saveCheckpoint } from "@pushforward/serialization/node";
import { createKey, standardRegistry } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { fileAppears, outcomeOf, Workbench } from "../command.test-support.ts";
import { DensityCheckpoint } from "./density-fitter.ts";
import { checkFitOptions, type FitCommandOptions } from "./fit-command-options.ts";

const bench = new Workbench();
const FAST = [
  "--flow",
  "table",
  "--epochs",
  DEEP ? "60" : "24",
  "--hidden",
  "8",
  "--members",
  "1",
  "--validation",
  "0.2",
  ...(DEEP ? [] : ["--no-anomalies"]),
];
const CHECKPOINT = ["--checkpoint", "state", "--resume"];

let whole: Record<string, unknown> = {};

beforeAll(async () => {
  const [u, z] = [createKey(0).uniform(240), createKey(1).normal(480)];
  const rows = Array.from(u, (value, i) => {
    const x = 3 * value + 0.3 * (z[i] as number);
    return [value < 0.4 ? "low" : "high", x.toFixed(4), Math.sin(3 * x).toFixed(4), (z[240 + i] as number).toFixed(3)];
  });
  bench.write("data.csv", ["word,x,y,z", ...rows.map((row) => row.join(","))]);
  whole = await bench.fit(["data.csv", "--out", "whole.safetensors", ...FAST, "--threads", "1"]);
});
afterAll(() => bench.remove());

/** All of a model but the times that its file tells. */
async function weightsOf(file: string): Promise<unknown> {
  const { model } = await loadModel(bench.path(file), standardRegistry);
  const weights = Array.from((model as { parameters(): ReadonlyMap<string, { read(): Float32Array }> }).parameters());
  return weights.map(([path, parameter]) => [path, Buffer.from(parameter.read().buffer).toString("base64")]);
}

/** Starts a fit, and ends it by a signal once there is a checkpoint. */
async function interrupted(signal: "SIGKILL" | "SIGINT", threads: string): Promise<string> {
  const args = ["fit", "data.csv", "--out", `${signal}.safetensors`, ...FAST, ...CHECKPOINT, "--threads", threads];
  const child = bench.start(args);
  const ended = outcomeOf(child);
  await fileAppears(bench.path("state"));
  child.kill(signal);
  const { code, stderr } = await ended;
  if (signal === "SIGINT") expect(code).toBe(130);
  expect(existsSync(bench.path(`${signal}.safetensors`))).toBe(false);
  return stderr;
}

describe("a fit that is interrupted", { timeout: 180_000 }, () => {
  test.each([["SIGINT", "1", "2"] as const, ...(DEEP ? [["SIGKILL", "2", "1"] as const] : [])])(
    "by %s on %s threads is resumed on %s, to the same model",
    async (signal, before, after) => {
      const told = await interrupted(signal, before);
      expect(existsSync(bench.path("state"))).toBe(true);
      if (signal === "SIGINT") expect(told).toContain("rerun with --resume to continue from state");
      const file = `${signal}.safetensors`;
      const args = ["data.csv", "--out", file, ...FAST, ...CHECKPOINT, "--threads", after];
      const outcome = await bench.run(["fit", ...args]);
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(outcome.stderr).toMatch(/^continues from state, after \d+\.\d s of the fit$/m);
      expect(existsSync(bench.path("state"))).toBe(false);
      expect(await weightsOf(file)).toEqual(await weightsOf("whole.safetensors"));
      const inspected = JSON.parse((await bench.run(["inspect", file, "--json"])).stdout);
      expect(inspected.metadata?.fit?.validationNll ?? inspected.fit?.validationNll).toBe(whole["validationNll"]);
    },
  );

  test("is only resumed from a file of the same fit", async () => {
    const one = ["fit", "data.csv", "--out", "one.safetensors", ...FAST];
    writeFileSync(bench.path("state"), "not a checkpoint");
    for (const [args, message] of [
      [["--checkpoint", "state"], "--checkpoint state: expected a new file, got an existing one."],
      [CHECKPOINT, '"state"'],
    ] as const) {
      const outcome = await bench.run([...one, ...args]);
      expect(outcome.stderr).toContain(message);
      expect(outcome.code).toBe(1);
    }
    await saveCheckpoint(bench.path("other"), { meta: { step: 1 }, arrays: new Map() });
    await expect(new DensityCheckpoint(bench.path("other")).load()).rejects.toThrow(
      "expected the checkpoint of a table fit, got a different checkpoint.",
    );
    const options = { flow: "maf", checkpoint: "new", dequantize: true, rules: true } as FitCommandOptions;
    expect(() => checkFitOptions(options)).toThrow("--checkpoint: expected --flow table, got --flow maf.");
    expect(() => checkFitOptions({ ...options, checkpoint: undefined, resume: true } as never)).toThrow(
      "--resume: expected --checkpoint with the file to continue from, or --redis, got neither.",
    );
  });

  test("begins anew where there is no file", async () => {
    const outcome = await bench.run([
      ...[
        "fit",
        "data.csv",
        "--out",
        "new.safetensors",
        ...FAST,
        "--epochs",
        "1",
        "--checkpoint",
        "absent",
        "--resume",
      ],
    ]);
    expect(outcome.stderr).toContain("starts from the beginning, because the file absent does not exist");
    expect(outcome.code).toBe(0);
  });
});
