import { DisposedError, OptionError } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { formatNumber, KEPT, type Measurement, Violation } from "./comparison.ts";
import { LawError } from "./law-error.ts";

/** One thing that must hold. Give it to any test runner: `test(law.name, () => law.run())`. */
export interface Law {
  readonly name: string;
  /** Completes without an error if the law is satisfied. Throws {@link LawError} if it is broken. */
  run(): void | Promise<void>;
}

/** Result of a law. */
export interface LawReport {
  readonly law: string;
  readonly passed: boolean;
  /**
   * Largest error, in the units of the tolerance: `|error| / max(1, |value|)`, unless the law defines a different
   * error.
   */
  readonly worst: number;
  readonly tolerance: number;
  /** Why it did not pass. */
  readonly message?: string;
}

/** A law that a case is known to break. The suite reports when it no longer does, so that the entry is removed. */
export interface KnownLimit {
  readonly law: string;
  readonly reason: string;
}

/** A law that also returns its measurement. */
export interface MeasuredLaw extends Law {
  run(): Promise<void>;
  report(): Promise<LawReport>;
}

/** A law of a case, from a function that measures it. */
export function defineLaw(
  law: string,
  caseName: string,
  knownLimits: readonly KnownLimit[],
  measure: () => Measurement | Promise<Measurement>,
): MeasuredLaw {
  const limit = knownLimits.find((entry) => entry.law === law);
  const run = async (): Promise<Measurement> => {
    const outcome = await attempt(law, caseName, measure);
    if (limit === undefined) {
      if (outcome instanceof LawError) throw outcome;
      return outcome;
    }
    if (!(outcome instanceof LawError)) {
      throw new LawError(
        `${law} of ${caseName}: expected the known limit "${limit.reason}", got a pass. Remove it from knownLimits.`,
        { law, caseName, worst: outcome.worst, tolerance: outcome.tolerance },
      );
    }
    return {
      worst: outcome.detail.worst,
      tolerance: outcome.detail.tolerance,
      expected: "",
      got: "",
      input: undefined,
    };
  };
  return {
    name: law,
    run: async () => {
      await run();
    },
    report: async () => {
      try {
        const { worst, tolerance } = await run();
        return { law, passed: true, worst, tolerance };
      } catch (error) {
        if (!(error instanceof LawError)) throw error;
        const { worst, tolerance } = error.detail;
        return { law, passed: false, worst, tolerance, message: error.message };
      }
    },
  };
}

/** Rejects a known limit of an unknown law: a misspelt entry would hide no error and never disappear. */
export function requireKnownLaws(caseName: string, limits: readonly KnownLimit[], laws: readonly Law[]): void {
  // Present only when a registry is given.
  const names = new Set([...laws.map((law) => law.name), "codec round trip"]);
  for (const { law } of limits) {
    if (!names.has(law)) {
      throw new OptionError(
        `knownLimits of ${caseName}: expected one of ${[...names].join("; ")}, got ${JSON.stringify(law)}.`,
      );
    }
  }
}

/** Runs all laws. Throws one {@link LawError} that lists every broken one. */
export async function checkLaws(caseName: string, laws: readonly MeasuredLaw[]): Promise<LawReport[]> {
  const reports: LawReport[] = [];
  for (const law of laws) reports.push(await law.report());
  const failed = reports.filter((report) => !report.passed);
  if (failed.length > 0) {
    const worst = failed[0] as LawReport;
    throw new LawError(
      `${caseName}: expected ${reports.length} laws to hold, got ${failed.length} broken.\n${failed
        .map((report) => `- ${report.message}`)
        .join("\n")}`,
      { law: failed.map((report) => report.law).join(", "), caseName, worst: worst.worst, tolerance: worst.tolerance },
    );
  }
  return reports;
}

async function attempt(
  law: string,
  caseName: string,
  measure: () => Measurement | Promise<Measurement>,
): Promise<Measurement | LawError> {
  const where = `${law} of ${caseName}`;
  try {
    const m = await measure();
    if (m.worst <= m.tolerance) return m;
    return new LawError(
      `${where}: expected ${m.expected}, got ${m.got}${at(m.input)} (error ${formatNumber(m.worst)}, tolerance ${m.tolerance}).`,
      { law, caseName, worst: m.worst, tolerance: m.tolerance },
    );
  } catch (error) {
    const detail = { law, caseName, worst: Number.POSITIVE_INFINITY, tolerance: 0 };
    if (error instanceof LawError)
      return new LawError(`${where}: ${error.message}`, { ...error.detail, law, caseName });
    if (error instanceof Violation) {
      return new LawError(`${where}: expected ${error.expected}, got ${error.got}${at(error.input)}.`, detail);
    }
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return new LawError(`${where}: expected no error, got ${text}`, detail, { cause: error });
  }
}

function at(input: string | undefined): string {
  return input === undefined ? "" : ` at ${input}`;
}

/** `tf.tidy` for a function with a result on the host, which the types of `tf.tidy` do not admit. */
export function inTidy<R>(fn: () => R): R {
  let result: { readonly value: R } | undefined;
  tf.tidy(() => {
    result = { value: fn() };
  });
  return (result as { readonly value: R }).value;
}

/** `tf.tidy` for an async function that must not run concurrently with other code. */
export async function inScope<R>(fn: () => Promise<R>): Promise<R> {
  tf.engine().startScope("law");
  try {
    return await fn();
  } finally {
    tf.engine().endScope();
  }
}

/**
 * Law of the lifetime of a module: after a use and two calls of `dispose()`, no tensor of the module is left, and a
 * further use throws `DisposedError`.
 */
export function disposeLaw<T extends object>(make: () => T, use: (value: T) => void): Measurement {
  return inTidy(() => {
    const before = tf.memory().numTensors;
    const value = make();
    // What make leaves to the enclosing tidy is not the module's.
    const borrowed = tf.memory().numTensors - before;
    inTidy(() => use(value));
    if (!isModule(value)) return KEPT;
    const { size } = value.parameters();
    value.dispose();
    value.dispose();
    const left = tf.memory().numTensors - before - borrowed;
    if (left > 0) throw new Violation("dispose to free every tensor of the module", `${left} left`);
    if (size === 0) return KEPT;
    try {
      inTidy(() => use(value));
    } catch (error) {
      if (error instanceof DisposedError) return KEPT;
      throw new Violation("DisposedError from a disposed module", String(error));
    }
    throw new Violation("DisposedError from a disposed module", "a result");
  });
}

/** Smallest p-value of the statistical laws, shared out over the members of a batch (Bonferroni). Keys are fixed. */
const SMALLEST_P = 1e-3;

export function requireP(pValue: number, tests: number, got: string): void {
  const smallest = SMALLEST_P / tests;
  if (!(pValue >= smallest)) {
    throw new Violation(`a p-value of at least ${formatNumber(smallest)}`, `${formatNumber(pValue)} (${got})`);
  }
}

/** A χ² statistic and its degrees of freedom. */
export interface ChiSquared {
  readonly statistic: number;
  readonly degrees: number;
}

/** Cells that expect fewer draws are counted together, as the χ² approximation wants. */
const FEWEST_EXPECTED = 5;

/**
 * The χ² statistic of the counts of `n` draws against probabilities, which are divided by their sum.
 *
 * @param slack difference of a probability that is excused in each cell. Default: 0.
 */
export function pooledChiSquared(counts: Float64Array, probabilities: Float64Array, n: number, slack = 0): ChiSquared {
  const total = probabilities.reduce((a, b) => a + b, 0);
  const termOf = (count: number, expected: number): number =>
    Math.max(0, Math.abs(count - expected) - n * slack) ** 2 / Math.max(expected, 1e-12);
  let statistic = 0;
  let cells = 0;
  let rareCount = 0;
  let rareExpected = 0;
  for (const [i, probability] of probabilities.entries()) {
    const expected = (n * probability) / total;
    if (expected < FEWEST_EXPECTED) {
      rareCount += counts[i] as number;
      rareExpected += expected;
      continue;
    }
    statistic += termOf(counts[i] as number, expected);
    cells++;
  }
  if (rareExpected >= 1 || rareCount > 0) {
    statistic += termOf(rareCount, rareExpected);
    cells++;
  }
  return { statistic, degrees: Math.max(1, cells - 1) };
}
