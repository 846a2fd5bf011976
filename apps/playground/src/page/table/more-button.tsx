import type { Signal } from "@preact/signals";
import type { JSX } from "preact";

/** Shows another page of a long list; nothing where all of it is shown. */
export function MoreButton({
  shown,
  count,
  page,
  children,
}: {
  /** How many are shown. */
  readonly shown: Signal<number>;
  readonly count: number;
  readonly page: number;
  /** What the button says of the number that comes next. */
  children(next: number): string;
}): JSX.Element | null {
  const left = count - shown.value;
  if (left <= 0) return null;
  return (
    <button
      type="button"
      class="small"
      onClick={() => {
        shown.value += page;
      }}
    >
      {children(Math.min(page, left))}
    </button>
  );
}
