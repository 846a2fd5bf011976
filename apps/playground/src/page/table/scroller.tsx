import type { ComponentChildren, JSX } from "preact";
import { table, tableModel } from "../state.ts";

/** Scrolls content that is wider than the page, also by keyboard. */
export function Scroller({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls takes keys
    <section class="scroller" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

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
