import type { DriftAlarm } from "@pushforward/diagnostics";

/** An alarm in one line for people. */
export function describeAlarm({ kind, columns, evidence, pValue }: DriftAlarm, row: number): string {
  const [first, second] = columns.map((name) => `"${name}"`);
  const what = {
    row: "the whole row (its log-density)",
    values: `the values of ${first}`,
    conditional: `${first} given the columns before it`,
    pair: `${first} and ${second} together`,
  }[kind];
  return `row ${row}: drift in ${what}; evidence ${evidence.toPrecision(3)}, p ≤ ${pValue.toPrecision(2)}`;
}
