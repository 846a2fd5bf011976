import type { JSX } from "preact";
import { setBackend } from "./run-actions.ts";
import { backend, switching } from "./state.ts";

/** Chooses what computes, also during training. */
export function BackendChoice(): JSX.Element {
  const running = backend.value;
  return (
    <div class="choice">
      <fieldset>
        <legend>Backend</legend>
        {(["wasm", "cpu"] as const).map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="backend"
              value={name}
              checked={running?.name === name}
              disabled={switching.value || running === undefined}
              onChange={() => void setBackend(name)}
            />
            <span>{name === "wasm" ? "WebAssembly" : "JavaScript"}</span>
          </label>
        ))}
      </fieldset>
      <p class="hint">{backendNote()}</p>
    </div>
  );
}

function backendNote(): string {
  const running = backend.value;
  if (running === undefined) return "Starting.";
  if (running.name === "cpu") return "Plain JavaScript. You can switch during training.";
  const kind = running.relaxedSimd ? "with relaxed SIMD" : running.simd ? "with SIMD" : "without SIMD";
  return `WebAssembly ${kind}. You can switch during training.`;
}
