import type { Key } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { type RowRule, rowsThatKeep } from "../rules/row-rules.ts";
import type { MixtureLayout } from "./normal-mixture/mixture-layout.ts";
import { normalData } from "./normal-mixture/normal-data.ts";
import type { NormalMixture } from "./normal-mixture/normal-mixture.ts";

/** Number of draws. All sweeps have the same random numbers, so that the changes settle. */
const DRAWS = 4000;
const SWEEPS = 6;

/**
 * Returns a mixture with other means and tables. Its rows that keep some rules have the same moments as the training rows: the
 * mean score z of each ordered column of a rule, and the share of each code of its other columns. For each component k,
 *
 *     μₖⱼ ← μₖⱼ + mean zⱼ of the training rows − mean zⱼ of the kept draws,
 *     log pₖⱼ(c) ← log pₖⱼ(c) + log share of c in the training rows − log share of c in the kept draws.
 *
 * In a component, states that exclude each other often occur together. Without the rows that break the rule, each of these
 * states would be too rare.
 *
 * @returns undefined if each rule has a column that the mixture does not have.
 */
export function matchKeptRows(
  mixture: NormalMixture,
  rules: readonly RowRule[],
  table: Table,
  key: Key,
): NormalMixture | undefined {
  const { components, layout } = mixture;
  const names = new Set(mixture.columns.map(({ name }) => name));
  const own = rules.filter((rule) => rule.columns.every((name) => names.has(name)));
  if (own.length === 0) return undefined;
  const ofRules = new Set(own.flatMap((rule) => rule.columns));
  const changed = layout.columns.filter(({ name }) => ofRules.has(name));
  const wanted = momentsOf(layout, table);
  const means = Float32Array.from(mixture.means.read());
  const tables = Float32Array.from(mixture.tables.read());
  const matched = mixture.with({});
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const found = momentsOf(layout, keptRows(matched.sample(key, DRAWS), own));
    for (const { coordinate, tableFrom, tableCodes } of changed) {
      if (coordinate >= 0) {
        const change = (wanted.scores[coordinate] as number) - (found.scores[coordinate] as number);
        for (let at = coordinate; at < means.length; at += layout.size) means[at] = (means[at] as number) + change;
        continue;
      }
      for (let code = tableFrom; code < tableFrom + tableCodes; code++) {
        const change = Math.log((wanted.shares[code] as number) / (found.shares[code] as number));
        for (let k = 0; k < components; k++) {
          const at = code * components + k;
          tables[at] = (tables[at] as number) + change;
        }
      }
    }
    matched.means.write(means);
    matched.tables.write(tables);
  }
  return matched;
}

function keptRows(table: Table, rules: readonly RowRule[]): Table {
  const kept = rules.map((rule) => rowsThatKeep(rule, table));
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  return takeTableRows(
    table,
    rows.filter((row) => kept.every((keeps) => keeps[row] === 1)),
  );
}

/** Moments of the rows of a table. */
interface RowMoments {
  /** The mean score of each coordinate. */
  readonly scores: Float64Array;
  /** The share of each code of the tables, with half a row more for each. */
  readonly shares: Float64Array;
}

function momentsOf(layout: MixtureLayout, table: Table): RowMoments {
  const { scores, codes } = normalData(layout, table, "value");
  const [sums, counts] = [new Float64Array(layout.size), new Float64Array(layout.size)];
  for (const [at, score] of scores.entries()) {
    if (Number.isNaN(score)) continue;
    const j = at % layout.size;
    sums[j] = (sums[j] as number) + score;
    counts[j] = (counts[j] as number) + 1;
  }
  const shares = new Float64Array(layout.codes);
  const tabled = layout.columns.filter(({ tableCodes }) => tableCodes > 0);
  for (const [t, { tableFrom, tableCodes }] of tabled.entries()) {
    const own = shares.subarray(tableFrom, tableFrom + tableCodes).fill(0.5);
    for (const code of codes[t] as Int32Array) if (code >= 0) own[code] = (own[code] as number) + 1;
    const total = own.reduce((sum, count) => sum + count, 0);
    for (const [code, count] of own.entries()) own[code] = count / total;
  }
  return { scores: sums.map((sum, j) => sum / Math.max(1, counts[j] as number)), shares };
}
