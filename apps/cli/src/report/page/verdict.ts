import { html, type Markup } from "./html.ts";

/** What a number should be, and in a word whether it is. */
export function verdict(isRight: boolean, wanted: string): Markup {
  return isRight
    ? html`<span class="good">as it should be</span> (${wanted})`
    : html`<span class="look">look at this</span> (${wanted})`;
}
