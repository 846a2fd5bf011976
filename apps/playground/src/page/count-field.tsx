import type { Signal } from "@preact/signals";
import type { JSX } from "preact";

const MOST = 1_000_000;

/** How many samples are saved. */
export function CountField({ count, label }: { readonly count: Signal<number>; readonly label: string }): JSX.Element {
  return (
    <label class="inline">
      <span class="unseen">{label}</span>
      <input
        type="number"
        min={1}
        max={MOST}
        value={count.value}
        onChange={(event) => {
          const value = Math.round(Number(event.currentTarget.value));
          count.value = Math.min(MOST, Math.max(1, Number.isFinite(value) ? value : 1000));
          event.currentTarget.value = String(count.value);
        }}
      />
    </label>
  );
}
