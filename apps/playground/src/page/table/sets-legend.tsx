import type { JSX } from "preact";
import { table, tableModel } from "../state.ts";

/** Which ink is which. */
export function SetsLegend(): JSX.Element {
  const hasData = (table.value?.rows ?? 0) > 0;
  return (
    <ul class="legend sets">
      {hasData && <li class="data">data</li>}
      {tableModel.value !== undefined && <li class="samples">samples</li>}
    </ul>
  );
}
