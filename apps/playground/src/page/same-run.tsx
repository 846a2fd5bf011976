import type { JSX } from "preact";
import { copy } from "./keep.ts";

/** The run of the page as text to copy; nothing for a model from a file. */
export function SameRun({ title, text }: { readonly title: string; readonly text: string }): JSX.Element | null {
  if (text === "") return null;
  return (
    <details class="more">
      <summary>{title}</summary>
      <pre class="command">
        <code>{text}</code>
      </pre>
      <p class="hint">
        The same rows, first weights and batches. Rounding differs between engines, so the result can differ slightly.
      </p>
      <button type="button" class="small" onClick={() => void copy(text, "text")}>
        Copy
      </button>
    </details>
  );
}
