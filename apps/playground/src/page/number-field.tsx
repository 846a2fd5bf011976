import type { JSX } from "preact";
import { OPTIONS, type OptionName } from "../shared/options.ts";
import { withinLimits } from "../shared/settings.ts";
import { changeOption } from "./session.ts";
import { settings } from "./state.ts";

/** A number of the settings, with the sentence that explains it. */
export function NumberField({ name, most }: { readonly name: OptionName; readonly most?: number }): JSX.Element {
  const option = OPTIONS[name];
  const id = `option-${name}`;
  return (
    <div class="number">
      <label for={id}>{option.label}</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        aria-describedby={`${id}-about`}
        value={settings.value[name]}
        min={option.least}
        max={most ?? option.most}
        step={option.whole ? option.step : "any"}
        onChange={(event) => {
          const value = Math.min(most ?? option.most, withinLimits(name, event.currentTarget.value));
          event.currentTarget.value = String(value);
          if (value !== settings.value[name]) changeOption(name, value);
        }}
      />
      <p id={`${id}-about`} class="hint">
        {option.about}
      </p>
    </div>
  );
}
