import type { JSX } from "preact";
import { NumberField } from "./number-field.tsx";
import { backend } from "./state.ts";

/** The number of threads, or why there is one. */
export function ThreadsField(): JSX.Element {
  const running = backend.value;
  const reason = running?.notes.find((note) => note.startsWith("one thread: "))?.slice("one thread: ".length);
  const isolated = globalThis.crossOriginIsolated;
  if (!isolated || reason !== undefined) {
    return (
      <p class="hint">
        One thread: {reason ?? "the page is not cross-origin isolated, so threads can't share memory"}.
      </p>
    );
  }
  return <NumberField name="threads" most={Math.max(2, running?.cores ?? 2)} />;
}
