import type { RowRule } from "@pushforward/tables";
import { CategoryCoding, RULE_SLACK, type RuledDensity, rowsThatKeep } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "../maths/maths.ts";

/**
 * Adds the logarithm `[rows, 1]` of the factor of the rules of a density.
 *
 * @param x float64 `[rows, columns]`.
 */
export function addRuleFactor(maths: Maths, model: RuledDensity, x: GraphValue): GraphValue {
  const [first, ...others] = model.rules.map((rule) => addRule(maths, model, rule, x)) as [GraphValue, ...GraphValue[]];
  const kept = maths.fill(model.logKept, maths.column(x, 0));
  return maths.where(maths.and(first, ...others), kept, model.logBroken);
}

/** The rows that satisfy a rule. */
function addRule(maths: Maths, { columns }: RuledDensity, rule: RowRule, x: GraphValue): GraphValue {
  const places = rule.columns.map((name) => columns.findIndex((column) => column.name === name)) as [number, number];
  const [a, b] = places.map((place) => maths.column(x, place)) as [GraphValue, GraphValue];
  if (rule.type === "order") {
    const size = maths.max(maths.unary("Abs", a), maths.unary("Abs", b));
    const isOrdered = maths.atMost(maths.sub(a, b), maths.mul(size, RULE_SLACK));
    return maths.or(isOrdered, maths.or(maths.isNaN(a), maths.isNaN(b)));
  }
  const [ofA, ofB] = places.map((place) => statesOf(columns[place]?.coding)) as [States, States];
  // What the rule says of each pair of states is known before.
  const pairs = ofA.flatMap((own) => ofB.map((other) => [own, other] as const));
  const table = {
    rows: pairs.length,
    columns: rule.columns.map((name, k) =>
      columnOfStates(
        name,
        pairs.map((pair) => pair[k] as State),
      ),
    ),
  };
  const [stateOfA, stateOfB] = [addState(maths, ofA, a), addState(maths, ofB, b)];
  const place = maths.graph.cast(maths.add(maths.mul(stateOfA, ofB.length), stateOfB), "int64");
  return maths.equal(maths.lookUp(rowsThatKeep(rule, table), place), 1);
}

/** A cell with a state: a category, 0 or 1 for a number, undefined if missing; a new category is a symbol. */
type State = string | number | undefined | typeof NEW;
type States = readonly State[];

const NEW = Symbol("a new category");

/** The states in the order of {@link addState}. */
function statesOf(coding: RuledDensity["columns"][number]["coding"] | undefined): States {
  return coding instanceof CategoryCoding ? [NEW, ...coding.categories, undefined] : [0, 1, undefined];
}

function columnOfStates(name: string, states: States) {
  if (!states.includes(NEW)) {
    return { name, kind: "number" as const, values: Float64Array.from(states, (state) => Number(state ?? Number.NaN)) };
  }
  const missing = new Set(states.flatMap((state, row) => (state === undefined ? [row] : [])));
  // No file can have the text of a new category as one that is known.
  const known = new Set(states.filter((state) => typeof state === "string"));
  let fresh = "new";
  while (known.has(fresh)) fresh += " ";
  return {
    name,
    kind: "text" as const,
    values: states.map((state) => (state === NEW ? fresh : String(state))),
    missing,
  };
}

/** The place of the state of each cell. */
function addState(maths: Maths, states: States, x: GraphValue): GraphValue {
  const isMissing = maths.isNaN(x);
  const present = states.includes(NEW) ? maths.add(x, 1) : maths.where(maths.equal(x, 0), maths.fill(0, x), 1);
  return maths.where(isMissing, states.length - 1, present);
}
