import { OptionError } from "@pushforward/core";
import { formatNumber, type Measurement, Violation } from "./comparison.ts";
import { LawError } from "./law-error.ts";

/** One thing that must hold. Give it to any test runner: `test(law.name, () => law.run())`. */
export interface Law {
  readonly name: string;
  /** Does nothing when the law holds. Throws {@link LawError} when it does not. */
  run(): void | Promise<void>;
}

/** What came of one law. */
export interface LawReport {
  readonly law: string;
  readonly passed: boolean;
  /** Largest error, in the units of the tolerance: `|error| / max(1, |value|)`, unless the law says otherwise. */
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

/** A law that also tells what it measured. */
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

/** Refuses a known limit of a law that is not there: a misspelt entry would hide nothing and never disappear. */
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
