import { OptionError } from "@pushforward/core";
import { CONDITIONER_LAYOUT, type ConditionerLayout } from "./conditioner-layout.ts";

/**
 * Degrees of the hidden units of a MADE (Germain et al. 2015, arXiv:1502.03509): a unit of degree k reads the first k variables
 * in order, and only later variables read it. Degrees are sorted, so the inputs of a unit are a prefix of the previous layer.
 *
 * Degrees cycle through 1 … ranks − 1. With a context they start at 0: units of the context only provide a nonlinear map of the
 * context for the first variable. A layer narrower than the list of degrees spreads the degrees evenly and keeps the largest,
 * so that the last variables have influence.
 *
 * Degrees that are cyclic are not spread. With maps of the context they start at 1 with a context too, and at 0 only for a
 * single variable.
 */
export function hiddenDegrees(
  width: number,
  ranks: number,
  hasContext: boolean,
  { context, degrees }: Pick<ConditionerLayout, "context" | "degrees"> = CONDITIONER_LAYOUT,
): number[] {
  const smallest = hasContext && context !== "maps" ? 0 : Math.min(1, ranks - 1);
  const count = Math.max(1, ranks - smallest);
  const isSpread = degrees === "spread" && width < count;
  return Array.from({ length: width }, (_, i) =>
    isSpread ? smallest + Math.floor(((i + 1) * count) / width) - 1 : smallest + (i % count),
  ).sort((a, b) => a - b);
}

/**
 * Active weights `[in, out]` of a masked layer, row-major, 1 or 0: a hidden unit reads degrees up to its own, an output smaller
 * degrees (`strict`).
 */
export function degreeMask(inputs: readonly number[], outputs: readonly number[], strict: boolean): Float32Array {
  const mask = new Float32Array(inputs.length * outputs.length);
  let at = 0;
  for (const input of inputs) {
    for (const output of outputs) mask[at++] = (strict ? input < output : input <= output) ? 1 : 0;
  }
  return mask;
}

/**
 * Dependencies of the variables: row i of a matrix `[features][features]` or `[features][features + context]` is true (or 1)
 * for each variable and context column that variable i may depend on. Without context columns, every variable may depend on the
 * entire context. The diagonal is ignored.
 */
export type Adjacency = readonly (readonly (boolean | 0 | 1)[])[];

/** A set of variables and context columns: 1 for its members. */
export type DependencySet = Uint8Array;

/** A validated {@link Adjacency}, with data for the masks of a network. */
export class DependencyGraph {
  /** Variables that each variable may depend on, never itself. */
  readonly rows: readonly DependencySet[];
  /** The rank of each variable: the length of the longest path that leads to it. */
  readonly order: readonly number[];
  /** True if the matrix has columns for the context. */
  readonly coversContext: boolean;

  /** @throws {OptionError} the matrix has the wrong shape, or its graph has a cycle, which the message names. */
  constructor(where: string, adjacency: Adjacency, features: number, context: number) {
    const widths = context > 0 ? [features, features + context] : [features];
    const width = adjacency[0]?.length as number;
    if (adjacency.length !== features || !widths.includes(width) || adjacency.some((row) => row.length !== width)) {
      const got = `${adjacency.length} rows of ${[...new Set(adjacency.map((row) => row.length))].join(" and ")} columns`;
      throw new OptionError(
        `${where}: expected adjacency with ${features} rows, one for each variable, of ${widths.join(" or ")} columns, ` +
          `got ${got}.`,
      );
    }
    this.rows = adjacency.map((row, i) =>
      Uint8Array.from(row, (value, j) => {
        if (![true, false, 0, 1].includes(value)) {
          throw new OptionError(`${where}: expected adjacency of booleans, got ${value} in row ${i}, column ${j}.`);
        }
        return value && j !== i ? 1 : 0;
      }),
    );
    this.coversContext = width > features;
    this.order = ranks(where, this.rows);
  }

  /**
   * Visible inputs of each hidden unit of a layer: the distinct rows in turn, sorted by {@link degree}, so that known values
   * are a prefix of the layer.
   *
   * @throws {OptionError} the layer has fewer units than there are different rows.
   */
  hiddenSets(where: string, width: number, seesContext: boolean): DependencySet[] {
    const different = new Map(this.rows.map((row) => [row.join(""), row]));
    const all = [...different.values()];
    // Units that see nothing are only good for the context that all of them see.
    const useful = seesContext && !this.coversContext ? all : all.filter((row) => row.includes(1));
    const sets = (useful.length > 0 ? useful : all).sort((a, b) => this.degree(a) - this.degree(b));
    if (width < sets.length) {
      throw new OptionError(
        `${where}: expected hidden layers of at least ${sets.length} units, one for each of the different sets of ` +
          `variables that adjacency lets a variable depend on, got ${width}.`,
      );
    }
    const places = Array.from({ length: width }, (_, i) => i % sets.length).sort((a, b) => a - b);
    return places.map((place) => sets[place] as DependencySet);
  }

  /** Number of ranks that must be known before all variables of a set are known. */
  degree(set: DependencySet): number {
    return this.order.reduce((degree, rank, variable) => (set[variable] ? Math.max(degree, rank + 1) : degree), 0);
  }

  /** The set of variable i alone. */
  single(variable: number): DependencySet {
    return this.empty().fill(1, variable, variable + 1);
  }

  private empty(): DependencySet {
    return new Uint8Array(this.rows[0]?.length as number);
  }
}

/** The longest path to each variable, by a search in depth. */
function ranks(where: string, rows: readonly DependencySet[]): number[] {
  const found: (number | undefined)[] = rows.map(() => undefined);
  const path: number[] = [];
  const visit = (variable: number): number => {
    const known = found[variable];
    if (known !== undefined) return known;
    const start = path.indexOf(variable);
    if (start >= 0) {
      const cycle = [...path.slice(start), variable].join(" → ");
      throw new OptionError(
        `${where}: expected adjacency without cycles, got one: ${cycle}, where each variable depends on the next.`,
      );
    }
    path.push(variable);
    let rank = 0;
    for (let other = 0; other < rows.length; other++) {
      if (rows[variable]?.[other]) rank = Math.max(rank, visit(other) + 1);
    }
    path.pop();
    found[variable] = rank;
    return rank;
  };
  return rows.map((_, variable) => visit(variable));
}
