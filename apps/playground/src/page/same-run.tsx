import type { JSX } from "preact";
import { copy } from "./keep.ts";

interface SameRunProps {
  readonly title: string;
  readonly text: string;
  /** What is said of it. Default: how far its result is that of the page. */
  readonly hint?: string;
}

/** What the page does as text to copy; nothing for a model from a file. */
export function SameRun({
  title,
  text,
  hint = "The same rows, first weights and batches. Rounding differs between engines, so the result can differ slightly.",
}: SameRunProps): JSX.Element | null {
  if (text === "") return null;
  return (
    <details class="more">
      <summary>{title}</summary>
      <pre class="command">
        <code>{text}</code>
      </pre>
      <p class="hint">{hint}</p>
      <button type="button" class="small" onClick={() => void copy(text, "text")}>
        Copy
      </button>
    </details>
  );
}
