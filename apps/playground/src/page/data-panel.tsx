import type { JSX } from "preact";
import { csvName, type FileReading, type FoundReading } from "../shared/options.ts";
import type { ColumnInfo, DataInfo } from "../shared/protocol.ts";
import { type DataName, TOY_NAMES, type ToyName } from "../shared/settings.ts";
import { changeData, changeReading, clearPoints } from "./changes.ts";
import { parseMarkers } from "./decisions.ts";
import { openFile } from "./keep.ts";
import { NumberField } from "./panels/train-panel.tsx";
import { data, fileName, isRunning, modelFile, settings, table, thumbnails } from "./state.ts";

const ENCODINGS: Readonly<Record<FoundReading["encoding"], string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16",
  "windows-1252": "Windows-1252",
};

/** Shows how the file was read, with controls to change it. */
function ReadingChoice(): JSX.Element {
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

/** Hint about the missing-value markers that were detected automatically. */
function missingHint(missing: readonly string[] | undefined): string {
  const more = "Name other texts that mark a missing value, with commas between them.";
  if (missing === undefined) return `Empty cells, NA, NaN and null are missing. ${more}`;
  if (missing.length === 0) return `No cell is missing. ${more}`;
  const names = missing.map((marker) => (marker === "" ? "empty cells" : `“${marker}”`));
  return `Missing in this file: ${names.join(", ")}. ${more}`;
}

/** Chooses the model of a table: a density of columns of any type, or a flow of its numbers. */
function WayChoice(): JSX.Element {
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

const LABELS: Readonly<Record<DataName, string>> = {
  moons: "Two moons",
  "2spirals": "Two spirals",
  swissroll: "Swiss roll",
  rings: "Four rings",
  circles: "Two circles",
  pinwheel: "Pinwheel",
  "8gaussians": "Eight Gaussians",
  checkerboard: "Checkerboard",
  cos: "Cosine",
  line: "Staircase of lines",
  earthquakes: "Earthquakes",
  penguins: "Penguins",
  drawn: "Draw points",
  file: "CSV file",
};

/** Data sets listed after the toy sets. */
const OTHERS = ["earthquakes", "penguins", "drawn", "file"] as const;

/** Panel for choosing the data. */
export function DataPanel(): JSX.Element {
  const { data: name } = settings.value;
  const info = data.value;
  const file = modelFile.value;
  const rows = (info ?? table.value)?.rows ?? 0;
  const isAlone = file !== undefined && rows === 0;
  return (
    <section class="panel" aria-labelledby="data-title">
      <h2 id="data-title">Data{!isAlone && <span>: {LABELS[name]}</span>}</h2>
      {file !== undefined && <OpenModel file={file} />}
      <fieldset disabled={isRunning.value}>
        <legend class="unseen">Data to learn from</legend>
        <div class="tiles">
          {TOY_NAMES.map((toy) => (
            <Tile key={toy} name={toy} isChosen={!isAlone && name === toy} />
          ))}
          {OTHERS.map((other) => (
            <Tile key={other} name={other} isChosen={(!isAlone || other === "file") && name === other} />
          ))}
        </div>
        {!isAlone && isToy(name) && <NumberField name="rows" />}
        {!isAlone && name === "drawn" && <DrawnPoints />}
        {(isAlone || name === "file") && <FileChoice />}
        {file === undefined &&
          !isToy(name) &&
          name !== "drawn" &&
          (name !== "file" || fileName.value !== undefined) && <WayChoice />}
        {name === "file" && fileName.value !== undefined && <ReadingChoice />}
        {info !== undefined && info.table.length > 0 && !isToy(name) && name !== "drawn" && <Columns info={info} />}
      </fieldset>
    </section>
  );
}

/** Compact data selector, next to the picture on narrow screens. */
export function DataSelect(): JSX.Element {
  return (
    <select
      class="data-select"
      aria-label="Data to learn from, in short"
      value={settings.value.data}
      disabled={isRunning.value}
      onChange={(event) => changeData({ data: event.currentTarget.value as DataName })}
    >
      {[...TOY_NAMES, ...OTHERS].map((name) => (
        <option key={name} value={name}>
          {LABELS[name]}
        </option>
      ))}
    </select>
  );
}

/** Tile for choosing a data set. Toy sets show a small picture. */
function Tile({ name, isChosen }: { readonly name: DataName; readonly isChosen: boolean }): JSX.Element {
  return (
    <label class={isToy(name) ? "tile toy" : "tile"} title={LABELS[name]}>
      <input
        type="radio"
        name="data"
        value={name}
        checked={isChosen}
        aria-label={LABELS[name]}
        onChange={() => changeData({ data: name })}
      />
      <span>
        {isToy(name) ? (
          <svg viewBox="0 0 40 40" aria-hidden="true">
            <path d={thumbnails.value[name] ?? ""} />
          </svg>
        ) : (
          LABELS[name]
        )}
      </span>
    </label>
  );
}

/** Names the open model file, and lists its possible uses. */
function OpenModel({ file }: { readonly file: string }): JSX.Element {
  const info = data.value ?? table.value;
  const rows = info?.rows ?? 0;
  return (
    <div class="open-model">
      <p>
        Open model: <b>{file}</b>
      </p>
      <p class="hint">
        {rows > 0
          ? `Scored on ${rows.toLocaleString("en-US")} rows of ${info?.name}.`
          : `A model file has no data. Open a file with ${columnsOfModel()} to score it, or choose data to train a new ${table.value === undefined ? "flow" : "model"}.`}
      </p>
    </div>
  );
}

/** Most columns that are named. */
const NAMED = 12;

function columnsOfModel(): string {
  const { columns = [], context = [] } = data.value?.layout ?? {};
  const learned = table.value?.columns.filter(({ use }) => use === "learned" || use === "follows") ?? [];
  const names = [...columns, ...context.map((column) => column.name), ...learned.map((column) => column.name)];
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `the ${names.length === 1 ? "column" : "columns"} ${names.slice(0, NAMED).join(", ")}${more}`;
}

function DrawnPoints(): JSX.Element {
  const count = settings.value.points.length / 2;
  return (
    <div class="hint-row">
      <p class="hint">
        {count === 0
          ? "Draw on the picture with the mouse, a finger, or arrow keys and space."
          : `${count} points drawn.`}
      </p>
      <button type="button" class="small" disabled={count === 0} onClick={clearPoints}>
        Clear
      </button>
    </div>
  );
}

function FileChoice(): JSX.Element {
  const info = data.value ?? table.value;
  return (
    <>
      <label class="file">
        <input
          id="data-file"
          type="file"
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            if (chosen !== undefined) void openFile(chosen);
            event.currentTarget.value = "";
          }}
        />
        <span>
          {info === undefined || info.rows === 0
            ? "Open a file (CSV, Parquet, Arrow), or drop it on the page"
            : info.name}
        </span>
      </label>
      {info !== undefined && info.rows > 0 && (
        <p class="hint">{info.rows.toLocaleString("en-US")} rows. Nothing is sent anywhere.</p>
      )}
    </>
  );
}

type Use = "model" | "given" | "unused";

/** Shows the role of each table column. */
function Columns({ info }: { readonly info: DataInfo }): JSX.Element {
  const { columns, context } = info.layout;
  const given = context.map((c) => c.name);
  const useOf = ({ name }: ColumnInfo): Use =>
    columns.includes(name) ? "model" : given.includes(name) ? "given" : "unused";
  const change = (name: string, use: Use): void => {
    const without = (names: readonly string[]): string[] => names.filter((other) => other !== name);
    const inOrder = (names: readonly string[]): string[] =>
      info.table.map((c) => c.name).filter((other) => names.includes(other));
    changeData({
      columns: inOrder(use === "model" ? [...columns, name] : without(columns)),
      given: inOrder(use === "given" ? [...given, name] : without(given)),
    });
  };
  return (
    <details class="more" open>
      <summary>Columns</summary>
      <ul class="columns">
        {info.table.map((column) => (
          <li key={column.name}>
            <label>
              <span title={column.name}>{column.name}</span>
              <select value={useOf(column)} onChange={(event) => change(column.name, event.currentTarget.value as Use)}>
                {column.kind === "number" && <option value="model">learn</option>}
                <option value="given">given</option>
                <option value="unused">leave out</option>
              </select>
            </label>
          </li>
        ))}
      </ul>
      <p class="hint">“Given” columns make the flow conditional: choose their values, and the density follows.</p>
    </details>
  );
}

function isToy(name: DataName): name is ToyName {
  return (TOY_NAMES as readonly string[]).includes(name);
}
