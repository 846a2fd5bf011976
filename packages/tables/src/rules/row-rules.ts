import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { columnOf } from "../density/coding/category-coding.ts";
import { RULE_SLACK, rowsThatKeepSum, type SumRule } from "./sum-rules.ts";

/**
 * State of a cell in a rule of combinations: the category of a text, `"0"` or `"not 0"` for a number, null if the cell
 * is missing.
 */
export type CellState = string | null;

/** A condition on columns, satisfied by each row of a table. */
export type RowRule = PairRule | SumRule;

/** A condition on two columns. */
export type PairRule =
  /** The first number is at most the second, where both are present. */
  | { readonly type: "order"; readonly columns: readonly [lower: string, upper: string] }
  /**
   * The states of both cells occur together in the list. A cell with a state that is not in the list
   * breaks no rule.
   */
  | {
      readonly type: "combinations";
      readonly columns: readonly [string, string];
      readonly allowed: readonly (readonly [CellState, CellState])[];
    }
  /** Where the first column has a state, the number of the second is within a range. A missing number breaks no rule. */
  | {
      readonly type: "range";
      readonly columns: readonly [state: string, number: string];
      readonly state: CellState;
      /** The smallest number. Default: no bound. */
      readonly low?: number;
      /** The largest number. Default: no bound. */
      readonly high?: number;
    };

/** Returns 1 for each row that satisfies the rule, 0 for each row that breaks it. */
export function rowsThatKeep(rule: RowRule, table: Table): Uint8Array {
  if (rule.type === "sum") return rowsThatKeepSum(rule, table);
  const [first, second] = rule.columns.map((name) => columnOf(table, name)) as [Column, Column];
  if (rule.type === "order") {
    const [low, high] = [first.values as Float64Array, second.values as Float64Array];
    return Uint8Array.from({ length: table.rows }, (_, row) => (isOrdered(low[row], high[row]) ? 1 : 0));
  }
  if (rule.type === "range") {
    const values = second.values as Float64Array;
    return Uint8Array.from({ length: table.rows }, (_, row) =>
      stateOf(first, row) !== rule.state || isInRange(rule, values[row] as number) ? 1 : 0,
    );
  }
  const keeps = pairTest(rule);
  return Uint8Array.from({ length: table.rows }, (_, row) =>
    keeps(stateOf(first, row), stateOf(second, row)) ? 1 : 0,
  );
}

/** A rule of combinations. */
export type CombinationRule = PairRule & { readonly type: "combinations" };

/** A rule of a range. */
export type RangeRule = PairRule & { readonly type: "range" };

/** `true` for a missing number, or a number within a range. */
export function isInRange({ low, high }: Pick<RangeRule, "low" | "high">, value: number): boolean {
  return (low === undefined || isOrdered(low, value)) && (high === undefined || isOrdered(value, high));
}

/** Returns a test whether two states may occur together; undefined is a state that is not in the list. */
export function pairTest({
  allowed,
}: CombinationRule): (a: CellState | undefined, b: CellState | undefined) => boolean {
  const partners = new Map<CellState | undefined, Set<CellState | undefined>>();
  const others = new Set<CellState | undefined>();
  for (const [a, b] of allowed) {
    partners.set(a, (partners.get(a) ?? new Set()).add(b));
    others.add(b);
  }
  return (a, b) => partners.get(a)?.has(b) !== false || !others.has(b);
}

/** `true` unless both are numbers and the first is larger than the second, beyond rounding. */
export function isOrdered(low: number | undefined, high: number | undefined): boolean {
  const [a, b] = [low as number, high as number];
  return !(a > b) || a - b <= RULE_SLACK * Math.max(Math.abs(a), Math.abs(b));
}

/** The state of a cell. */
export function stateOf(column: Column, row: number): CellState {
  if (column.kind === "text") return column.missing?.has(row) ? null : (column.values[row] as string);
  const value = column.values[row] as number;
  return Number.isNaN(value) ? null : value === 0 ? "0" : "not 0";
}

/**
 * Rules in a few words. One phrase names all states that exclude each other.
 *
 * @example
 * describeRules([{ type: "order", columns: ["low", "high"] }]); // → ["low ≤ high"]
 */
export function describeRules(rules: readonly RowRule[]): string[] {
  const pairs = rules.map(absentPair);
  // For each state, as JSON, the states that never occur with it.
  const partners = new Map<string, Set<string>>();
  for (const [a, b] of pairs.flatMap((pair) => (pair ? [pair, [pair[1], pair[0]]] : []))) {
    partners.set(a, (partners.get(a) ?? new Set()).add(b));
  }
  const groups: (readonly string[])[] = [];
  return rules.flatMap((rule, k) => {
    const pair = pairs[k];
    if (pair === undefined) return [describeRule(rule)];
    if (groups.some((group) => pair.every((state) => group.includes(state)))) return [];
    const group: string[] = [...pair];
    for (const [state, excluded] of partners) if (group.every((other) => excluded.has(other))) group.push(state);
    if (group.length === 2) return [describeRule(rule)];
    groups.push(group);
    return [describeGroup(group.map((state) => JSON.parse(state)))];
  });
}

/** The only pair of states that a rule does not allow, each as JSON of its column and its state. */
function absentPair(rule: RowRule): readonly [string, string] | undefined {
  if (rule.type !== "combinations") return undefined;
  const [only, ...others] = absentStates(rule);
  if (only === undefined || others.length > 0) return undefined;
  return [JSON.stringify([rule.columns[0], only[0]]), JSON.stringify([rule.columns[1], only[1]])];
}

/** The pairs of states that a rule does not allow. */
function absentStates({ allowed }: CombinationRule): (readonly [CellState, CellState])[] {
  const [own, others] = ownStates(allowed);
  const has = (x: CellState, y: CellState): boolean => allowed.some(([u, v]) => u === x && v === y);
  return own.flatMap((x) => others.flatMap((y) => (has(x, y) ? [] : [[x, y] as const])));
}

function ownStates(allowed: CombinationRule["allowed"]): [CellState[], CellState[]] {
  const statesAt = (place: 0 | 1): CellState[] => [...new Set(allowed.map((pair) => pair[place]))];
  return [statesAt(0), statesAt(1)];
}

function describeGroup(group: readonly (readonly [column: string, state: CellState])[]): string {
  const state = group[0]?.[1];
  const word = state ?? "missing";
  if (group.every(([, other]) => other === state))
    return `at most one of ${group.map(([name]) => name).join(", ")} is ${word}`;
  return `at most one of ${group.map(([name, own]) => `${name} = ${own ?? "missing"}`).join(", ")} holds`;
}

function describeSum({ of, columns, weights, plus }: SumRule): string {
  if (of !== undefined) return `${of} ≥ 0`;
  // A difference of two columns has the weights 1 and −1.
  const [from, to] = [columns[weights.indexOf(-1)], columns[weights.indexOf(1)]];
  return plus > 0 ? `${from} − ${to} ≤ ${plus}` : `${to} − ${from} ≥ ${-plus}`;
}

/** One rule in a few words. */
export function describeRule(rule: RowRule): string {
  if (rule.type === "sum") return describeSum(rule);
  const [a, b] = rule.columns;
  if (rule.type === "order") return `${a} ≤ ${b}`;
  if (rule.type === "range") return `${describeRange(rule)} where ${a} is ${rule.state ?? "missing"}`;
  const has = (x: CellState, y: CellState): boolean => rule.allowed.some(([u, v]) => u === x && v === y);
  if (rule.allowed.length === 2 && has("0", "0") && has("not 0", "not 0"))
    return `${a} and ${b} are 0 in the same rows`;
  const [own, others] = ownStates(rule.allowed);
  const never = absentStates(rule);
  if (has(null, null) && never.every(([x, y]) => x === null || y === null)) {
    if (never.length === own.length + others.length - 2) return `${a} and ${b} are missing in the same rows`;
    if (never.length === others.length - 1 && never.every(([x]) => x === null)) return `${b} is missing where ${a} is`;
    if (never.length === own.length - 1 && never.every(([, y]) => y === null)) return `${a} is missing where ${b} is`;
  }
  const [only] = never;
  if (only !== undefined && never.length === 1) {
    return `${a} ${only[0] ?? "missing"} never occurs with ${b} ${only[1] ?? "missing"}`;
  }
  return `${a} and ${b} occur in ${rule.allowed.length} of ${own.length * others.length} combinations`;
}

function describeRange({ columns: [, name], low, high }: RangeRule): string {
  if (low === high) return `${name} is ${low}`;
  if (low === undefined) return `${name} ≤ ${high}`;
  return high === undefined ? `${name} ≥ ${low}` : `${name} is ${low} to ${high}`;
}

const TYPE = "pushforward/ruled-density.rules";

/** Rules as JSON, for a model file. */
export function rulesToJson(rules: readonly RowRule[]): Json {
  return rules.map((rule): Json => {
    const columns = [...rule.columns];
    if (rule.type === "combinations") return { ...rule, columns, allowed: rule.allowed.map((pair) => [...pair]) };
    if (rule.type !== "sum") return { ...rule, columns };
    const { of, ...others } = rule;
    return { ...others, ...(of !== undefined && { of }), columns, weights: [...rule.weights] };
  });
}

/**
 * Reads the rules that {@link rulesToJson} wrote.
 *
 * @throws {ModelFileError} a field is missing or has a wrong type.
 */
export function rulesFromJson(list: readonly Json[]): RowRule[] {
  return list.map((item): RowRule => {
    const reader = new ConfigReader(TYPE, item);
    const type = reader.oneOf("type", ["order", "combinations", "range", "sum"]);
    if (type === "sum") return sumFromJson(reader);
    const [a, b, ...rest] = reader.strings("columns");
    if (a === undefined || b === undefined || rest.length > 0) {
      throw new ModelFileError("config", `${TYPE}.columns: expected 2 names, got ${JSON.stringify([a, b, ...rest])}.`);
    }
    const columns = [a, b] as const;
    const rangeOf = type === "range" ? rangeFromJson(reader) : undefined;
    const allowed = type === "combinations" ? reader.array("allowed").map(pairFromJson) : [];
    reader.end();
    if (rangeOf !== undefined) return { type: "range", columns, ...rangeOf };
    return type === "order" ? { type, columns } : { type: "combinations", columns, allowed };
  });
}

/** The fields of a range, apart from its columns. */
function rangeFromJson(reader: ConfigReader): Omit<RangeRule, "type" | "columns"> {
  const state = reader.raw("state");
  const bounds = {
    ...(reader.has("low") && { low: reader.number("low") }),
    ...(reader.has("high") && { high: reader.number("high") }),
  };
  if (!isState(state)) {
    throw new ModelFileError("config", `${TYPE}.state: expected a text or null, got ${JSON.stringify(state)}.`);
  }
  const { low, high } = bounds;
  if (low === undefined && high === undefined) {
    throw new ModelFileError("config", `${TYPE}: expected low or high in a range, got none.`);
  }
  if (low !== undefined && high !== undefined && low > high) {
    throw new ModelFileError("config", `${TYPE}.high: expected at least low, ${low}, got ${high}.`);
  }
  return { state, ...bounds };
}

function isState(value: Json | undefined): value is CellState {
  return value === null || typeof value === "string";
}

function sumFromJson(reader: ConfigReader): SumRule {
  const [columns, weights] = [reader.strings("columns"), reader.numbers("weights")];
  const numbers = { plus: reader.number("plus"), low: reader.number("low", { max: 0 }) };
  const of = reader.has("of") ? { of: reader.string("of") } : {};
  const rule: SumRule = { type: "sum", ...of, columns, weights, ...numbers };
  reader.end();
  if (columns.length === 0 || columns.length !== weights.length || weights.includes(0)) {
    throw new ModelFileError(
      "config",
      `${TYPE}.weights: expected a weight other than 0 for each of ${columns.length} columns, got ${JSON.stringify(weights)}.`,
    );
  }
  return rule;
}

function pairFromJson(json: Json): [CellState, CellState] {
  if (Array.isArray(json) && json.length === 2 && isState(json[0]) && isState(json[1])) return [json[0], json[1]];
  throw new ModelFileError("config", `${TYPE}.allowed: expected pairs of texts or null, got ${JSON.stringify(json)}.`);
}
