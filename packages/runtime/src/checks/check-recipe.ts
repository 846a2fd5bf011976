import { ConfigReader, type Json, ModelFileError } from "@pushforward/core/plain";
import type { FileRecipe } from "../file/plan-file.ts";
import { checkPlan, type PlanPlace } from "./check-plan.ts";

const MAX_DEPTH = 32;
const KINDS = ["normal", "gaussianMixture", "studentT", "mixture", "pushed"] as const;

/** Requirements of the file on a recipe. */
export interface RecipePlace extends Pick<PlanPlace, "parameters"> {
  readonly contextSize: number;
  /** Columns of the samples. */
  readonly columns: number;
}

/**
 * A recipe of a file, with plans and parameters that fit.
 *
 * @throws {ModelFileError}
 */
export function checkRecipe(json: Json, place: RecipePlace): FileRecipe {
  const recipe = readRecipe(json, place, 0);
  if (recipe.columns !== place.columns) fail(`samples of ${place.columns} columns`, `${recipe.columns}`);
  return recipe;
}

function readRecipe(json: Json, place: RecipePlace, depth: number): FileRecipe {
  if (depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} recipes within each other`, "more");
  const reader = new ConfigReader("sampler", json);
  const kind = reader.oneOf("kind", KINDS);
  const columns = reader.count("columns");
  const recipe = readKind(kind, columns, reader, place, depth);
  reader.end();
  return recipe;
}

function readKind(
  kind: (typeof KINDS)[number],
  columns: number,
  reader: ConfigReader,
  place: RecipePlace,
  depth: number,
): FileRecipe {
  const array = (of: ConfigReader, name: string, size: number): number => {
    const at = of.count(name, { min: 0, max: place.parameters.length - 1 });
    const got = place.parameters[at]?.size;
    if (got !== size) fail(`${size} numbers as ${name}`, `${got}`);
    return at;
  };
  const inner = (value: Json): FileRecipe => readRecipe(value, place, depth + 1);
  switch (kind) {
    case "normal":
      return { kind, columns };
    case "studentT":
      return {
        ...{ kind, columns, degreesOfFreedom: reader.number("degreesOfFreedom", { min: 1e-6 }) },
        ...{ location: array(reader, "location", columns), whitening: array(reader, "whitening", columns ** 2) },
      };
    case "gaussianMixture":
      return readGaussians(columns, reader, array);
    case "mixture": {
      const components = reader.array("components").map(inner);
      if (components.length === 0) fail("a component", "none");
      const other = components.find((component) => component.columns !== columns);
      if (other !== undefined) fail(`components of ${columns} columns`, `${other.columns}`);
      const isGiven = Array.isArray(reader.raw("weights"));
      if (!isGiven) return { kind, columns, components, weights: array(reader, "weights", components.length) };
      const weights = reader.numbers("weights", { min: 0 });
      if (weights.length !== components.length || !weights.some((weight) => weight > 0)) {
        fail(`${components.length} weights, not all 0`, `${weights.length}`);
      }
      return { kind, columns, components, weights };
    }
    case "pushed": {
      const base = inner(reader.raw("base"));
      const plan = reader.raw("plan");
      // A transform without context has a plan of one input.
      const takesContext = place.contextSize > 0 && new ConfigReader("sampler plan", plan).array("inputs").length > 1;
      const inputs = takesContext ? [base.columns, place.contextSize] : [base.columns];
      const { parameters } = place;
      return { kind, columns, base, plan: checkPlan("sampler", plan, { parameters, inputs, outputs: [columns] }) };
    }
  }
}

function readGaussians(
  columns: number,
  reader: ConfigReader,
  array: (of: ConfigReader, name: string, size: number) => number,
): FileRecipe {
  const components = reader.count("components");
  const [vectors, matrices] = [components * columns, components * columns ** 2];
  const recipe = {
    ...({ kind: "gaussianMixture", columns, components } as const),
    logits: array(reader, "logits", components),
    mean: array(reader, "mean", vectors),
    whitening: array(reader, "whitening", matrices),
  };
  if (!reader.has("correction")) return recipe;
  const own = new ConfigReader("correction", reader.raw("correction"));
  const correction = {
    logDiagonal: array(own, "logDiagonal", vectors),
    offDiagonal: array(own, "offDiagonal", matrices),
    shift: array(own, "shift", vectors),
  };
  own.end();
  return { ...recipe, correction };
}

function fail(expected: string, got: string): never {
  throw new ModelFileError("config", `sampler: expected ${expected}, got ${got}.`);
}
