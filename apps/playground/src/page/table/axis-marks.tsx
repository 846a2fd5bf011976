import type { JSX } from "preact";
import type { TableAxis } from "../../shared/table-protocol.ts";

/** Share of an axis at its ends in which labels stand inside of it. */
const END = 0.04;

/** The labels under an axis of numbers. */
export function AxisMarks({ axis }: { readonly axis: Extract<TableAxis, { kind: "numbers" }> }): JSX.Element {
  const [low, high] = axis.range;
  return (
    <div class="marks" aria-hidden="true">
      {axis.ticks.map(({ value, label }) => {
        const share = (value - low) / (high - low);
        const shift = share < END ? 0 : share > 1 - END ? 100 : 50;
        return (
          <span key={label} style={{ left: `${100 * share}%`, transform: `translateX(-${shift}%)` }}>
            {label}
          </span>
        );
      })}
    </div>
  );
}
