import { html, Markup } from "./html.ts";

/** A picture for light pages and for dark ones, of which the page shows the one that fits. */
export function themed(draw: (theme: "light" | "dark") => string): Markup {
  // Pictures of `plots` are markup, and escape their texts themselves.
  const of = (theme: "light" | "dark"): Markup => new Markup(draw(theme));
  return html`<div class="plot for-light">${of("light")}</div><div class="plot for-dark">${of("dark")}</div>`;
}
