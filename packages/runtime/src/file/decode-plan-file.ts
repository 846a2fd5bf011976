import { ConfigReader, type Json, ModelFileError, sizeOf } from "@pushforward/core/plain";
import { fieldJson, openContainer, readTensor } from "@pushforward/serialization/file-parts";
import { checkPlan } from "../checks/check-plan.ts";
import { checkRecipe } from "../checks/check-recipe.ts";
import { type FileParameter, PLAN_FILE, type PlanFile, type Scales, withNumbers } from "./plan-file.ts";

/** The most tensors of a file. */
const MAX_TENSORS = 10_000;

/**
 * Reads and checks a compiled model, which is untrusted: the digest, every name and size, every place of a matrix and of a
 * parameter, and the settings of every step, before anything runs.
 *
 * @throws {ModelFileError} always and only this, whatever the bytes are.
 */
export function decodePlanFile(bytes: Uint8Array): PlanFile {
  const header = openContainer(bytes, PLAN_FILE, { maxTensors: MAX_TENSORS });
  const parameters = new ConfigReader("compiled model", { list: fieldJson(header, PLAN_FILE, "parameters") })
    .array("list")
    .map((item, i): FileParameter => {
      const reader = new ConfigReader(`parameter ${i}`, item);
      const name = reader.string("name");
      const found = { name, trainable: reader.boolean("trainable"), isNamed: reader.boolean("isNamed") };
      reader.end();
      const entry = header.entries.get(name);
      if (entry === undefined || (entry.dtype !== "F32" && entry.dtype !== "U8")) {
        fail(`a tensor of F32 or U8 for parameter ${i}`, entry?.dtype ?? "none");
      }
      return { ...found, shape: entry.shape, values: Float32Array.from(readTensor(bytes, entry) as Float32Array) };
    });
  if (new Set(parameters.map(({ name }) => name)).size !== header.entries.size) {
    fail("one parameter for each tensor", `${parameters.length} for ${header.entries.size}`);
  }
  const table = new ConfigReader("table", fieldJson(header, PLAN_FILE, "table"));
  const [columns, contextColumns] = [table.strings("columns"), table.strings("contextColumns")];
  table.end();
  return {
    columns,
    contextColumns,
    parameters,
    ...readPlans(fieldJson(header, PLAN_FILE, "plans"), parameters, [columns.length, contextColumns.length]),
  };
}

function readPlans(
  json: Json,
  parameters: readonly FileParameter[],
  named: readonly [columns: number, contextColumns: number],
): Omit<PlanFile, "columns" | "contextColumns" | "parameters"> {
  const reader = new ConfigReader("plans", withNumbers(json));
  const features = reader.count("features");
  const contextSize = reader.count("contextSize", { min: 0 });
  if (named[0] !== features || named[1] !== contextSize) {
    fail(`${features} names of columns and ${contextSize} of a context`, `${named[0]} and ${named[1]}`);
  }
  const scales = reader.has("scales") ? readScales("scales", reader.raw("scales"), features) : undefined;
  const contextScales = reader.has("contextScales")
    ? readScales("contextScales", reader.raw("contextScales"), contextSize)
    : undefined;
  const store = parameters.map(({ shape, values }) => ({ size: sizeOf(shape), values }));
  const inputs = contextSize === 0 ? [features] : [features, contextSize];
  const density = checkPlan("density", reader.raw("density"), { parameters: store, inputs, outputs: [1] });
  const sampler = reader.has("sampler")
    ? checkRecipe(reader.raw("sampler"), { parameters: store, contextSize, columns: features })
    : undefined;
  reader.end();
  return { features, contextSize, scales, contextScales, density, sampler };
}

function readScales(where: string, json: Json, size: number): Scales {
  const reader = new ConfigReader(where, json);
  const scales = { mean: reader.numbers("mean"), sd: reader.numbers("sd") };
  reader.end();
  if (scales.mean.length !== size || scales.sd.length !== size || scales.sd.includes(0)) {
    fail(`${size} means and as many standard deviations other than 0 as ${where}`, "others");
  }
  return scales;
}

function fail(expected: string, got: string): never {
  throw new ModelFileError("config", `compiled model: expected ${expected}, got ${got}.`);
}
