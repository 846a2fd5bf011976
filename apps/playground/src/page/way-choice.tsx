import type { JSX } from "preact";
import { changeData } from "./session.ts";
import { settings, table } from "./state.ts";

/** Chooses what learns a table: the density of any columns, or a flow of its numbers. */
export function WayChoice(): JSX.Element {
  const isTable = table.value !== undefined || settings.value.way === "table";
  return (
    <div class="choice">
      <fieldset>
        <legend>Learn</legend>
        {([true, false] as const).map((isAny) => (
          <label key={String(isAny)}>
            <input
              type="radio"
              name="way"
              value={isAny ? "table" : "flow"}
              checked={isTable === isAny}
              onChange={() => changeData({ way: isAny ? "table" : "flow" })}
            />
            <span>{isAny ? "All columns" : "Numbers"}</span>
          </label>
        ))}
      </fieldset>
      <p class="hint">
        {isTable
          ? "Numbers, categories, dates and missing cells, one column after the other."
          : "By a flow, which you watch bend space. It learns complete numbers only."}
      </p>
    </div>
  );
}
