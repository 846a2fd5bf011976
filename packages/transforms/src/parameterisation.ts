import { type ConfigReader, OptionError } from "@pushforward/core";

/** How a family may be parameterised, and what each way takes. */
interface Choice<P extends string> {
  readonly parameterisation: P;
  readonly slope: number;
  readonly softmaxScale: number;
}

interface ChoiceOptions<P extends string> {
  readonly parameterisation?: P;
  readonly slope?: number;
  readonly softmaxScale?: number;
}

const SLOPES = { min: 1e-12, max: 0.999 };
const SCALES = { min: 1e-6, max: 1e6 };
const DEFAULT_SLOPE = 1e-3;

/** The choice of some options, with what is left out filled in; refuses what the parameterisation does not use. */
export function checkParameterisation<P extends string>(
  where: string,
  choices: readonly P[],
  { parameterisation = choices[0] as P, slope, softmaxScale }: ChoiceOptions<P>,
): Choice<P> {
  if (!choices.includes(parameterisation)) {
    const names = choices.map((choice) => JSON.stringify(choice)).join(", ");
    throw new OptionError(
      `${where}: expected parameterisation to be one of ${names}, got ${JSON.stringify(parameterisation)}.`,
    );
  }
  if (slope !== undefined) {
    requireOwner(where, "slope", "zuko", parameterisation);
    requireWithin(where, "slope", slope, SLOPES);
  }
  if (softmaxScale !== undefined) {
    requireOwner(where, "softmaxScale", "nflows", parameterisation);
    requireWithin(where, "softmaxScale", softmaxScale, SCALES);
  }
  return { parameterisation, slope: slope ?? DEFAULT_SLOPE, softmaxScale: softmaxScale ?? 1 };
}

/** What a model file says of a choice: nothing of the first one, which is what a file without the fields means. */
export function encodeParameterisation<P extends string>(
  { parameterisation, slope, softmaxScale }: Choice<P>,
  choices: readonly P[],
): { readonly [field: string]: string | number } {
  if (parameterisation === choices[0]) return {};
  if (parameterisation === "zuko") return { parameterisation, slope };
  return softmaxScale === 1 ? { parameterisation } : { parameterisation, softmaxScale };
}

/** The same of a model file. */
export function readParameterisation<P extends string>(
  reader: ConfigReader,
  choices: readonly P[],
  withScale: boolean,
): ChoiceOptions<P> {
  const parameterisation = reader.has("parameterisation")
    ? reader.oneOf("parameterisation", choices)
    : (choices[0] as P);
  if (parameterisation === "zuko") return { parameterisation, slope: reader.number("slope", SLOPES) };
  if (withScale && parameterisation === "nflows" && reader.has("softmaxScale")) {
    return { parameterisation, softmaxScale: reader.number("softmaxScale", SCALES) };
  }
  return { parameterisation };
}

function requireOwner(where: string, option: string, owner: string, parameterisation: string): void {
  if (parameterisation === owner) return;
  throw new OptionError(
    `${where}: expected ${option} with parameterisation "${owner}" only, got it with "${parameterisation}". Leave it out.`,
  );
}

function requireWithin(where: string, option: string, value: number, { min, max }: typeof SLOPES): void {
  if (value >= min && value <= max) return;
  throw new OptionError(`${where}: expected ${option} from ${min} to ${max}, got ${value}.`);
}
