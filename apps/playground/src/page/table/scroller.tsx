import type { ComponentChildren, JSX } from "preact";

/** What is wider than the page scrolls, also by keys. */
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
