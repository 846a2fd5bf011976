import { type BackendName, useBackend } from "@pushforward/backend";
import type { Json, Key, ParameterTree, Registry } from "@pushforward/core";
import { disposeParameters, isModule, shapesEqual } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { formatNumber, type Measurement, Violation } from "./comparison.ts";
import {
  defineLaw,
  disposeLaw,
  inScope,
  inTidy,
  type KnownLimit,
  type Law,
  type MeasuredLaw,
  requireKnownLaws,
} from "./law.ts";
import { LawError } from "./law-error.ts";

/** An object under test, with its parameters moved a little away from where they start. */
export interface Subject<T> {
  readonly value: T;
  readonly parameters: ParameterTree;
}

/**
 * Builds an object, moves its trainable parameters (an identity start would hide errors), runs `use`, and disposes the
 * object even if `use` fails.
 */
export function withSubject<T extends object, R>(
  make: (key: Key) => T,
  key: Key,
  perturbation: number,
  use: (subject: Subject<T>) => R,
): R {
  const [makeKey, moveKey] = key.split();
  const value = make(makeKey);
  const parameters: ParameterTree = isModule(value) ? value.parameters() : new Map();
  const finish = (): void => {
    if (isModule(value)) value.dispose();
    disposeParameters(parameters);
  };
  let result: R;
  try {
    for (const [path, parameter] of parameters) {
      if (!parameter.trainable) continue;
      const values = parameter.read();
      const noise = moveKey.fold(path).normal(values.length);
      parameter.write(Float32Array.from(values, (v, i) => v + perturbation * (noise[i] as number)));
    }
    result = use({ value, parameters });
  } catch (error) {
    finish();
    throw error;
  }
  if (result instanceof Promise) return result.finally(finish) as R;
  finish();
  return result;
}

/** Settings for the list of laws of a case. */
interface LawListOptions<T, Trial> {
  readonly caseName: string;
  readonly knownLimits: readonly KnownLimit[] | undefined;
  readonly make: (key: Key) => T;
  readonly key: Key;
  /** Distance of the trainable parameters from their start. */
  readonly perturbation: number;
  readonly trialOf: (subject: Subject<T>, law: string) => Trial;
}

/** Laws of a case in their order. Each law makes its own subject when it runs. */
export class LawList<T extends object, Trial> {
  private readonly options: LawListOptions<T, Trial>;
  private readonly laws: MeasuredLaw[] = [];

  constructor(options: LawListOptions<T, Trial>) {
    this.options = options;
  }

  /** Adds a law. */
  add(law: string, measure: (trial: Trial) => Measurement): void {
    this.define(law, () => inTidy(() => this.withTrial(law, measure)));
  }

  /** Adds an asynchronous law, which waits for instance for a second backend. */
  addAsync(law: string, measure: (trial: Trial) => Promise<Measurement>): void {
    this.define(law, () => inScope(() => this.withTrial(law, measure)));
  }

  /** Adds the law of `dispose()`, with a use of the object. */
  addDispose(use: (value: T) => void): void {
    const { make, key } = this.options;
    const [makeKey] = key.fold("subject").split();
    this.define("dispose", () => disposeLaw(() => make(makeKey), use));
  }

  /** Returns all laws. Rejects known limits of unknown laws. */
  all(): MeasuredLaw[] {
    requireKnownLaws(this.options.caseName, this.options.knownLimits ?? [], this.laws);
    return this.laws;
  }

  private define(law: string, measure: () => Measurement | Promise<Measurement>): void {
    this.laws.push(defineLaw(law, this.options.caseName, this.options.knownLimits ?? [], measure));
  }

  private withTrial<R>(law: string, measure: (trial: Trial) => R): R {
    const { make, key, perturbation, trialOf } = this.options;
    return withSubject(make, key.fold("subject"), perturbation, (subject) => measure(trialOf(subject, law)));
  }
}

/** Runs laws and returns the names of the broken laws. Errors other than {@link LawError} are rethrown. */
export async function failedLaws(laws: readonly Law[]): Promise<string[]> {
  const failed: string[] = [];
  for (const law of laws) {
    try {
      await law.run();
    } catch (error) {
      if (!(error instanceof LawError)) throw error;
      failed.push(law.name);
    }
  }
  return failed;
}

/** Calls a function on cpu and on wasm, and then restores the previous backend. */
export async function onBothBackends<R>(run: () => R): Promise<[cpu: R, wasm: R]> {
  const previous = tf.getBackend();
  try {
    await useBackend("cpu");
    const cpu = run();
    await useBackend("wasm");
    return [cpu, run()];
  } finally {
    await useBackend((previous as BackendName | undefined) ?? "cpu");
  }
}

/** Compares gradients as whole vectors: |got − expected| ≤ tolerance · |expected| in the Euclidean norm. */
export function compareGradients(got: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  if (got.length !== expected.length) {
    throw new Violation(`${expected.length} gradient values of ${what}`, String(got.length));
  }
  let difference = 0;
  let norm = 0;
  for (const [i, value] of expected.entries()) {
    difference += ((got[i] as number) - value) ** 2;
    norm += value ** 2;
  }
  const error = Math.sqrt(difference) / Math.max(1e-6, Math.sqrt(norm));
  if (!(error <= tolerance)) {
    throw new Violation(`gradients of ${what} on wasm within ${tolerance} of cpu (relative L2)`, formatNumber(error));
  }
}

/** A second object, by way of the text of a model file; its parameters are copied by path. */
export function copyThroughCodec(value: object, registry: Registry): object {
  const text = JSON.stringify(registry.encode(value));
  const copy = registry.decode(JSON.parse(text) as Json);
  const source: ParameterTree = isModule(value) ? value.parameters() : new Map();
  const target: ParameterTree = isModule(copy) ? copy.parameters() : new Map();
  const paths = [...source.keys()].join(", ");
  if (paths !== [...target.keys()].join(", ")) {
    throw new Violation(`the decoded object to have the parameters ${paths}`, [...target.keys()].join(", "));
  }
  for (const [path, parameter] of source) {
    const other = target.get(path);
    if (!other || !shapesEqual(other.shape, parameter.shape) || other.trainable !== parameter.trainable) {
      throw new Violation(`parameter "${path}" of the decoded object to have its shape and kind`, "another");
    }
    other.write(parameter.read());
  }
  return copy;
}
