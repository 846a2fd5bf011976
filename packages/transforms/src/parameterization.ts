import { type ConfigReader, OptionError } from "@pushforward/core";

/** How a family may be parameterized, and what each way takes. */
interface Choice<P extends string> {
  readonly parameterization: P;
  readonly slope: number;
  readonly softmaxScale: number;
}

interface ChoiceOptions<P extends string> {
  readonly parameterization?: P;
  readonly slope?: number;
  readonly softmaxScale?: number;
}

// With smaller slopes, float32 does not resolve what happens in the narrowest bins.
const SLOPES = { min: 1e-8, max: 0.999 };
const SCALES = { min: 1e-6, max: 1e6 };
const DEFAULT_SLOPE = 1e-3;

const FIELD = "parameterization";
/** What model files of earlier versions call it. */
const OLD_FIELD = "parameterisation";

/** The choice of some options, with what is left out filled in; refuses what the parameterization does not use. */
export function checkParameterization<P extends string>(
  where: string,
  choices: readonly P[],
  { parameterization = choices[0] as P, slope, softmaxScale }: ChoiceOptions<P>,
): Choice<P> {
  if (!choices.includes(parameterization)) {
    const names = choices.map((choice) => JSON.stringify(choice)).join(", ");
    throw new OptionError(
      `${where}: expected parameterization to be one of ${names}, got ${JSON.stringify(parameterization)}.`,
    );
  }
  if (slope !== undefined) {
    requireOwner(where, "slope", "zuko", parameterization);
    requireWithin(where, "slope", slope, SLOPES);
  }
  if (softmaxScale !== undefined) {
    requireOwner(where, "softmaxScale", "nflows", parameterization);
    requireWithin(where, "softmaxScale", softmaxScale, SCALES);
  }
  return { parameterization, slope: slope ?? DEFAULT_SLOPE, softmaxScale: softmaxScale ?? 1 };
}

/** What a model file says of a choice: nothing of the first one, which is what a file without the fields means. */
export function encodeParameterization<P extends string>(
  { parameterization, slope, softmaxScale }: Choice<P>,
  choices: readonly P[],
): { readonly [field: string]: string | number } {
  if (parameterization === choices[0]) return {};
  if (parameterization === "zuko") return { parameterization, slope };
  return softmaxScale === 1 ? { parameterization } : { parameterization, softmaxScale };
}

/** The same of a model file. */
export function readParameterization<P extends string>(
  reader: ConfigReader,
  choices: readonly P[],
  withScale: boolean,
): ChoiceOptions<P> {
  const name = [FIELD, OLD_FIELD].find((one) => reader.has(one));
  const parameterization = name === undefined ? (choices[0] as P) : reader.oneOf(name, choices);
  if (parameterization === "zuko") return { parameterization, slope: reader.number("slope", SLOPES) };
  if (withScale && parameterization === "nflows" && reader.has("softmaxScale")) {
    return { parameterization, softmaxScale: reader.number("softmaxScale", SCALES) };
  }
  return { parameterization };
}

function requireOwner(where: string, option: string, owner: string, parameterization: string): void {
  if (parameterization === owner) return;
  throw new OptionError(
    `${where}: expected ${option} with parameterization "${owner}" only, got it with "${parameterization}". Leave it out.`,
  );
}

function requireWithin(where: string, option: string, value: number, { min, max }: typeof SLOPES): void {
  if (value >= min && value <= max) return;
  throw new OptionError(`${where}: expected ${option} from ${min} to ${max}, got ${value}.`);
}
