import { isInDomain, type NumberDomain } from "@pushforward/columns/extend";
import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import { CategoryCoding, type CellCoding } from "./category-coding.ts";
import type { CyclicDensity } from "./cyclic-knots.ts";
import { NumberCoding } from "./number-coding.ts";
import type { NumberMarginalOptions, ObservedValues } from "./number-marginal.ts";

const TYPE = "pushforward/table-density.coding";

/** A coding as JSON, for a model file. */
export function codingToJson(coding: CellCoding): Json {
  if (coding instanceof CategoryCoding) {
    const { categories, counts, levels } = coding;
    return {
      type: "category",
      categories: [...categories],
      counts: [...counts],
      ...(levels && { levels: [...levels] }),
    };
  }
  const { inner, smooth, atoms, edges, counts, heavy, domain, cycles, rankFactor, ...rest } = (coding as NumberCoding)
    .options;
  return {
    type: "number",
    ...rest,
    ...{ atoms: [...atoms], edges: [...edges], counts: [...counts], heavy: [...heavy] },
    ...(rankFactor !== undefined && { rankFactor }),
    ...(inner && { inner: marginalToJson(inner) }),
    ...(smooth && { smooth: marginalToJson(smooth) }),
    ...(domain && { domain: { ...domain } }),
    ...(cycles && { cycles: [...cycles] }),
  };
}

/**
 * Reads the coding that {@link codingToJson} wrote.
 *
 * @throws {ModelFileError} a field is missing, has a wrong type, or contradicts a second field.
 */
export function codingFromJson(json: Json): CellCoding {
  const reader = new ConfigReader(TYPE, json);
  const isCategory = reader.oneOf("type", ["category", "number"]) === "category";
  const coding = isCategory ? readCategories(reader) : readNumbers(reader);
  reader.end();
  return coding;
}

function readCategories(reader: ConfigReader): CategoryCoding {
  const categories = reader.strings("categories");
  const counts = reader.numbers("counts", { min: 0 });
  check(
    counts.length > 0 && counts.length - categories.length <= 1 && counts.length >= categories.length,
    "counts",
    "one count per category, and one of missing cells",
  );
  check(new Set(categories).size === categories.length, "categories", "different categories");
  const levels = reader.has("levels") ? reader.strings("levels") : undefined;
  check(
    levels === undefined || (new Set(levels).size === levels.length && categories.every((one) => levels.includes(one))),
    "levels",
    "all categories in their order",
  );
  return new CategoryCoding({ categories, counts, levels });
}

function readNumbers(reader: ConfigReader): NumberCoding {
  const options = {
    step: reader.number("step", { min: 0 }),
    ...(reader.has("offGridShare") && { offGridShare: reader.number("offGridShare", { min: 0, max: 0.5 }) }),
    atoms: reader.numbers("atoms"),
    edges: reader.numbers("edges"),
    counts: reader.numbers("counts", { min: 0 }),
    inner: reader.has("inner") ? readMarginal(reader.raw("inner")) : undefined,
    smooth: reader.has("smooth") ? readMarginal(reader.raw("smooth")) : undefined,
    ...(reader.has("rankFactor") && { rankFactor: reader.number("rankFactor", { min: 1 }) }),
    heavy: reader.counts("heavy", { min: 0 }),
    isMissing: reader.boolean("isMissing"),
    mean: reader.number("mean"),
    deviation: reader.number("deviation", { min: Number.MIN_VALUE }),
    center: reader.number("center"),
    scale: reader.number("scale", { min: Number.MIN_VALUE }),
    ...(reader.has("domain") && { domain: readDomain(reader.raw("domain")) }),
    ...(reader.has("cycles") && { cycles: reader.numbers("cycles", { min: Number.MIN_VALUE }) }),
  };
  const { atoms, edges, counts, isMissing, inner, smooth, heavy } = options;
  const bins = Math.max(0, edges.length - 1);
  check(edges.length !== 1 && rises(edges), "edges", "rising numbers, none or at least two");
  check(rises(atoms), "atoms", "rising numbers");
  check(
    counts.length === atoms.length + bins + (isMissing ? 1 : 0) && counts.length > 0,
    "counts",
    "one count per code",
  );
  check(bins === 0 || (inner !== undefined && smooth !== undefined), "inner", "a distribution of the values in bins");
  check(
    heavy.every((place) => place < atoms.length),
    "heavy",
    "places of atoms",
  );
  const { domain } = options;
  check(
    [...atoms, ...(domain === undefined ? [] : [options.center])].every((x) => isInDomain(x, domain)),
    "atoms",
    "numbers of the domain",
  );
  return new NumberCoding(options);
}

function readDomain(json: Json): NumberDomain {
  const reader = new ConfigReader(`${TYPE}.domain`, json);
  const domain = {
    low: reader.number("low"),
    ...(reader.has("high") && { high: reader.number("high") }),
    ...(reader.has("isCircular") && { isCircular: reader.boolean("isCircular") }),
  };
  reader.end();
  const { low, high, isCircular } = domain;
  check(high === undefined ? isCircular !== true : high > low, "domain", "an upper bound above the lower one");
  return domain;
}

function readMarginal(json: Json): NumberMarginalOptions {
  const reader = new ConfigReader(`${TYPE}.marginal`, json);
  const marginal = {
    knots: reader.numbers("knots"),
    cumulative: reader.numbers("cumulative", { min: 0, max: 1 }),
    step: reader.number("step", { min: 0 }),
    ...(reader.has("observed") && { observed: readObserved(reader.raw("observed")) }),
    ...(reader.has("cycles") && { cycles: reader.array("cycles").map(readCycle) }),
  };
  reader.end();
  const { knots, cumulative } = marginal;
  check(knots.length >= 2 && rises(knots), "knots", "at least two rising numbers");
  check(
    cumulative.length === knots.length && cumulative.every((u, i) => i === 0 || u >= (cumulative[i - 1] as number)),
    "cumulative",
    "a rising number per knot",
  );
  check(cumulative[0] === 0 && cumulative.at(-1) === 1, "cumulative", "numbers from 0 to 1");
  return marginal;
}

function readCycle(json: Json): CyclicDensity {
  const reader = new ConfigReader(`${TYPE}.cycle`, json);
  const cycle = {
    period: reader.number("period", { min: 0 }),
    start: reader.number("start"),
    ends: reader.numbers("ends", { min: 0 }),
    weights: reader.numbers("weights", { min: 0 }),
  };
  reader.end();
  const { period, ends, weights } = cycle;
  check(period > 0 && rises([0, ...ends]) && ends.at(-1) === period, "ends", "numbers that rise up to the period");
  check(weights.length === ends.length && !weights.includes(0), "weights", "a number above 0 per part");
  return cycle;
}

function readObserved(json: Json): ObservedValues {
  const reader = new ConfigReader(`${TYPE}.observed`, json);
  const observed = {
    values: reader.numbers("values"),
    counts: reader.numbers("counts", { min: 0 }),
    share: reader.number("share", { min: 0, max: 1 }),
    ...(reader.has("discount") && { discount: reader.number("discount", { min: 0, max: 1 }) }),
    ...(reader.has("width") && { width: reader.number("width", { min: 0 }) }),
  };
  reader.end();
  check(rises(observed.values) && observed.values.length > 0, "values", "rising numbers");
  check(observed.counts.length === observed.values.length, "counts", "a count per value");
  const { discount = 0 } = observed;
  check(
    observed.counts.some((count) => count > discount),
    "counts",
    "a count above the discount",
  );
  return observed;
}

function marginalToJson({ knots, cumulative, step, observed, cycles }: NumberMarginalOptions): Json {
  return {
    knots: [...knots],
    cumulative: [...cumulative],
    step,
    ...(cycles && {
      cycles: cycles.map((cycle) => ({ ...cycle, ends: [...cycle.ends], weights: [...cycle.weights] })),
    }),
    ...(observed && {
      observed: {
        ...{ values: [...observed.values], counts: [...observed.counts], share: observed.share },
        ...(observed.discount !== undefined && { discount: observed.discount }),
        ...(observed.width !== undefined && { width: observed.width }),
      },
    }),
  };
}

function rises(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value > (values[i - 1] as number));
}

function check(holds: boolean, name: string, what: string): void {
  if (!holds) throw new ModelFileError("config", `${TYPE}.${name}: expected ${what}, got another list.`);
}
