import { availableParallelism } from "node:os";
import { BackendError, createKey } from "@pushforward/core";
import { nsf } from "@pushforward/flows";
import { supportedBuild } from "@pushforward/kernels/wasm";
import { affine, rationalQuadraticSpline } from "@pushforward/ops";
import { trainEvents } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";
import { backendChoice } from "./extend.ts";
import { type BackendName, describeBackend, useBackend } from "./index.ts";

test("without a backend the description says so, and work asks for one", async () => {
  expect(await describeBackend()).toEqual({
    name: "none",
    simd: false,
    relaxedSimd: false,
    threads: 0,
    notes: ["no backend runs", 'useBackend("wasm") is several times faster'],
  });
  expect(() => backendChoice()).toThrow("expected a backend that useBackend has started, got none");
  const flow = nsf({ features: 2, transforms: 1, hidden: [8], key: createKey(0) });
  expect(() => flow.logProb([[0, 0]])).toThrow(BackendError);
  expect(() => flow.logProb([[0, 0]])).toThrow('Call await useBackend("wasm") first.');
});

test("an unknown name is refused with the names that exist", async () => {
  await expect(useBackend("webgl" as BackendName)).rejects.toThrow(
    new BackendError('useBackend: expected "cpu" or "wasm", got "webgl".'),
  );
});

test("the first start leaves no handlers in the process, and starting again registers nothing twice", async () => {
  const handlers = (): number =>
    process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection");
  const before = handlers();
  const warn = vi.spyOn(console, "warn");
  // The quicker one was asked for last, so it runs in the end.
  await Promise.all([useBackend("wasm"), useBackend("wasm"), useBackend("cpu")]);
  expect(tf.getBackend()).toBe("cpu");
  expect(backendChoice()).toEqual({ name: "cpu", options: {} });
  await useBackend("wasm");
  expect(backendChoice()).toEqual({ name: "wasm", options: { wasmFolder: undefined, relaxedSimd: true } });
  const [wasm, kernel] = [tf.backend(), tf.getKernel("Sum", "wasm")];
  // tfjs warns of double registration only outside its production mode.
  tf.env().set("PROD", false);
  await useBackend("wasm");
  await useBackend("cpu");
  await useBackend("wasm");
  expect(warn).not.toHaveBeenCalled();
  expect(tf.backend()).toBe(wasm);
  expect(tf.getKernel("Sum", "wasm")).toBe(kernel);
  expect(handlers()).toBe(before);
});

test("both backends give gradients in plain Node, and hand tensors over", async () => {
  await useBackend("cpu");
  const variable = tf.variable(tf.tensor1d([1, 2, 3]));
  const gradient = (): number[] =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => tf.sum(tf.exp(variable)) as tf.Scalar, [variable]);
      return [...(grads[variable.name] as tf.Tensor).dataSync()];
    });
  const onCpu = gradient();
  expect(onCpu[2]).toBeCloseTo(Math.exp(3), 4);
  await useBackend("wasm");
  expect(tf.getBackend()).toBe("wasm");
  const onWasm = gradient();
  for (const [i, value] of onWasm.entries()) expect(value).toBeCloseTo(onCpu[i] as number, 4);
  await useBackend("cpu");
  expect([...variable.dataSync()]).toEqual([1, 2, 3]);
  variable.dispose();
});

test("the descriptions of the two", async () => {
  await useBackend("cpu");
  expect(await describeBackend()).toEqual({
    name: "cpu",
    simd: false,
    relaxedSimd: false,
    threads: 1,
    notes: ["plain JavaScript", 'useBackend("wasm") is several times faster'],
  });
  await useBackend("wasm");
  expect(await describeBackend()).toEqual({
    name: "wasm",
    simd: true,
    relaxedSimd: supportedBuild() === "relaxed",
    threads: Math.min(8, availableParallelism()),
    notes: availableParallelism() > 1 ? [] : ["one thread: this machine has one core"],
  });
});

test("relaxed SIMD is chosen at the first start, and no later call changes it without a word", async () => {
  await useBackend("wasm", { relaxedSimd: true });
  await useBackend("cpu", { relaxedSimd: false });
  await expect(useBackend("wasm", { relaxedSimd: false })).rejects.toThrow(
    'useBackend: expected relaxedSimd: true, as at the first start of "wasm", got false. Choose it at the first start.',
  );
  expect(tf.getBackend()).toBe("cpu");
});

test("a backend that we did not start is described too", async () => {
  await useBackend("cpu");
  const cpu = tf.backend();
  tf.registerBackend("other", () => cpu as tf.KernelBackend);
  await tf.setBackend("other");
  expect(await describeBackend()).toMatchObject({ name: "other", threads: 1 });
  await useBackend("cpu");
  expect(tf.getBackend()).toBe("cpu");
});

test("calls at the same time take effect in their order", async () => {
  await Promise.all([useBackend("cpu"), useBackend("wasm")]);
  expect(tf.getBackend()).toBe("wasm");
  await Promise.all([useBackend("wasm"), useBackend("cpu"), useBackend("wasm"), useBackend("cpu")]);
  expect(tf.getBackend()).toBe("cpu");
  const [, refused] = await Promise.allSettled([
    useBackend("cpu"),
    useBackend("webgl" as BackendName),
    useBackend("wasm"),
  ]);
  expect(refused?.status).toBe("rejected");
  expect(tf.getBackend()).toBe("wasm");
});

test("a fit goes on over switches with the same losses", async () => {
  const key = createKey(3);
  const values = key.normal(400);
  const rows = Array.from({ length: 200 }, (_, i) => [values[2 * i] as number, values[2 * i + 1] as number]);
  const losses = async (switches: Record<number, BackendName>): Promise<number[]> => {
    await useBackend("wasm");
    const flow = nsf({ features: 2, transforms: 2, hidden: [8], key });
    const seen: number[] = [];
    for await (const event of trainEvents(flow, rows, { key, maxSteps: 12, batchSize: 50 })) {
      if (event.type !== "step") continue;
      seen.push(event.loss);
      const next = switches[seen.length];
      if (next !== undefined) await useBackend(next);
    }
    flow.dispose();
    return seen;
  };
  const steady = await losses({});
  const switched = await losses({ 4: "cpu", 8: "wasm" });
  expect(steady).toHaveLength(12);
  for (const [i, loss] of switched.entries()) {
    expect(Math.abs(loss - (steady[i] as number))).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(loss)));
  }
});

test("large tensors move in the midst of a kernel that needs more memory for them", async () => {
  await useBackend("cpu");
  const rows = 200_000;
  const x = tf.tensor1d(Float32Array.from({ length: rows }, (_, i) => 4 * Math.sin(i)));
  const raw = tf.tensor2d(
    Float32Array.from({ length: rows * 23 }, (_, i) => Math.cos(i)),
    [rows, 23],
  );
  const shift = tf.tensor2d(
    Float32Array.from({ length: rows * 2 }, (_, i) => Math.cos(i)),
    [rows, 2],
  );
  const compute = (): number[] =>
    tf.tidy(() => {
      const spline = rationalQuadraticSpline(x, raw, { bins: 8, bound: 5 });
      return [...spline, ...affine(x, shift)].map((t) => tf.mean(t).dataSync()[0] as number);
    });
  const onCpu = compute();
  await useBackend("wasm");
  const { wasm } = tf.backend() as tf.KernelBackend & { readonly wasm: { readonly HEAPU8: Uint8Array } };
  const heap = (): number => wasm.HEAPU8.length;
  const before = heap();
  const onWasm = compute();
  expect(heap(), "the memory grew").toBeGreaterThan(before);
  for (const [i, value] of onWasm.entries()) expect(value).toBeCloseTo(onCpu[i] as number, 5);
  tf.dispose([x, raw, shift]);
});
