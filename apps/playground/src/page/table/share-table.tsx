import type { JSX } from "preact";
import type { PairValues } from "../../shared/table-protocol.ts";
import { Scroller } from "./scroller.tsx";

interface ShareTableProps {
  readonly values: Extract<PairValues, { kind: "shares" }>;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly names: readonly [string, string];
}

/** The share of each pair of categories, as a table whose cells are as dark as it is large. */
export function ShareTable({ values, rows, columns, names }: ShareTableProps): JSX.Element {
  const most = Math.max(1e-9, ...values.shares.flat());
  return (
    <Scroller label={`Shares of ${names[0]} and ${names[1]}`}>
      <table class="shares">
        <thead>
          <tr>
            <td />
            {columns.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((label, row) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {(values.shares[row] ?? []).map((value, column) => (
                <td key={columns[column]} style={{ "--share": `${(70 * value) / most}%` }}>
                  {(100 * value).toFixed(1)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">Percent of the rows.</p>
    </Scroller>
  );
}
