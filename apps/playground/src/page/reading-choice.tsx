import type { JSX } from "preact";
import { csvName } from "../shared/csv-name.ts";
import type { FileReading, FoundReading } from "../shared/file-reading.ts";
import { parseMarkers } from "../shared/parse-markers.ts";
import { changeReading } from "./session.ts";
import { data, settings, table } from "./state.ts";

const ENCODINGS: Readonly<Record<FoundReading["encoding"], string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16",
  "windows-1252": "Windows-1252",
};

/** What was found of how the file is read, and what the visitor says instead. */
export function ReadingChoice(): JSX.Element {
  const { encoding, header, na } = settings.value;
  const found = (data.value ?? table.value)?.reading;
  return (
    <details class="more reading">
      <summary>How the file is read</summary>
      <div>
        <label for="reading-encoding">Encoding</label>
        <select
          id="reading-encoding"
          value={encoding}
          onChange={(event) => changeReading({ encoding: event.currentTarget.value as FileReading["encoding"] })}
        >
          <option value="found">
            {encoding === "found" && found !== undefined ? `${ENCODINGS[found.encoding]} (found)` : "as found"}
          </option>
          <option value="utf-8">UTF-8</option>
          <option value="windows-1252">Windows-1252</option>
        </select>
      </div>
      <div>
        <label for="reading-header">Header</label>
        <select
          id="reading-header"
          value={header}
          onChange={(event) => changeReading({ header: event.currentTarget.value as FileReading["header"] })}
        >
          <option value="found">{header === "found" && found !== undefined ? "names (found)" : "as found"}</option>
          <option value="names">names, even if they look like numbers</option>
          <option value="none">none, all lines are data</option>
        </select>
      </div>
      <div>
        <label for="reading-na">Missing values</label>
        <input
          id="reading-na"
          type="text"
          aria-describedby="reading-missing"
          placeholder="?, -99"
          spellcheck={false}
          autocomplete="off"
          value={na.map(csvName).join(", ")}
          onChange={(event) => {
            const markers = parseMarkers(event.currentTarget.value);
            event.currentTarget.value = markers.map(csvName).join(", ");
            changeReading({ na: markers });
          }}
        />
      </div>
      <p id="reading-missing" class="hint">
        {missingHint(found?.missing)}
      </p>
    </details>
  );
}

/** What marks missing cells without being named. */
function missingHint(missing: readonly string[] | undefined): string {
  const more = "Name other texts that mark a missing value, with commas between them.";
  if (missing === undefined) return `Empty cells, NA, NaN and null are missing. ${more}`;
  if (missing.length === 0) return `No cell is missing. ${more}`;
  const names = missing.map((marker) => (marker === "" ? "empty cells" : `“${marker}”`));
  return `Missing in this file: ${names.join(", ")}. ${more}`;
}
