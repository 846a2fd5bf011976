import type { JSX } from "preact";
import { openFile } from "./keep.ts";
import { isRunning } from "./state.ts";

/** Opens a model file. */
export function OpenModelButton(): JSX.Element {
  return (
    <label class="file">
      <input
        type="file"
        disabled={isRunning.value}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen !== undefined) void openFile(chosen);
          event.currentTarget.value = "";
        }}
      />
      <span>Open model</span>
    </label>
  );
}
