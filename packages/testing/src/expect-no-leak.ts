import * as tf from "@tensorflow/tfjs-core";
import { LawError } from "./law/law-error.ts";

/**
 * Calls `fn` once to warm up (parameters allocate on first use), then again, and throws {@link LawError} unless the
 * second call leaves the number of tensors and of data buffers as it was. Tensors that `fn` returns (one, or an array)
 * are disposed first: they belong to the caller. `fn` may be async; then so is the result.
 *
 * @example
 * expectNoLeak(() => flow.logProb(x));
 * await expectNoLeak(() => train(flow, { x }, { key: createKey(0), maxEpochs: 1 }));
 */
export function expectNoLeak<R>(fn: () => R, where?: string): R extends PromiseLike<unknown> ? Promise<void> : void;
export function expectNoLeak(fn: () => unknown, where = "expectNoLeak"): void | Promise<void> {
  const warm = fn();
  if (isPromise(warm)) return warm.then((result) => measureAsync(result, fn, where));
  disposeResult(warm);
  const before = count();
  const result = fn();
  disposeResult(result);
  compare(before, where);
}

async function measureAsync(warm: unknown, fn: () => unknown, where: string): Promise<void> {
  disposeResult(warm);
  const before = count();
  disposeResult(await fn());
  compare(before, where);
}

interface Count {
  readonly tensors: number;
  readonly buffers: number;
}

function count(): Count {
  const { numTensors, numDataBuffers } = tf.memory();
  return { tensors: numTensors, buffers: numDataBuffers };
}

function compare(before: Count, where: string): void {
  const after = count();
  const tensors = after.tensors - before.tensors;
  const buffers = after.buffers - before.buffers;
  if (tensors === 0 && buffers === 0) return;
  throw new LawError(
    `${where}: expected no tensor to be left behind, got ${signed(tensors)} tensors and ${signed(buffers)} data buffers.`,
    { law: "no leak", caseName: where, worst: Math.max(Math.abs(tensors), Math.abs(buffers)), tolerance: 0 },
  );
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

function disposeResult(result: unknown): void {
  for (const item of Array.isArray(result) ? result : [result]) if (item instanceof tf.Tensor) item.dispose();
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
