import type { JSX } from "preact";
import type { ColumnInfo, DataInfo } from "../shared/protocol.ts";
import { type DataName, TOY_NAMES } from "../shared/settings.ts";
import { NumberField } from "./number-field.tsx";
import { changeData, clearPoints, data, isRunning, openFile, settings } from "./session.ts";

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
  earthquakes: "Earthquakes of a week",
  penguins: "Palmer penguins",
  drawn: "Draw points yourself",
  file: "A CSV file of yours",
};

/** Chooses what to learn from. */
export function DataPanel(): JSX.Element {
  const { data: name } = settings.value;
  const info = data.value;
  return (
    <section class="panel" aria-labelledby="data-title">
      <h2 id="data-title">Data</h2>
      <fieldset disabled={isRunning.value}>
        <legend class="unseen">Data to learn from</legend>
        <label class="field">
          <span class="unseen">Data set</span>
          <select value={name} onChange={(event) => changeData({ data: event.currentTarget.value as DataName })}>
            <optgroup label="Toy sets">
              {TOY_NAMES.map((toy) => (
                <option key={toy} value={toy}>
                  {LABELS[toy]}
                </option>
              ))}
            </optgroup>
            <optgroup label="Real tables">
              <option value="earthquakes">{LABELS.earthquakes}</option>
              <option value="penguins">{LABELS.penguins}</option>
            </optgroup>
            <optgroup label="Yours">
              <option value="drawn">{LABELS.drawn}</option>
              <option value="file">{LABELS.file}</option>
            </optgroup>
          </select>
        </label>
        {isToy(name) && <NumberField name="rows" />}
        {name === "drawn" && <DrawnPoints />}
        {name === "file" && <FileChoice />}
        {info !== undefined && info.table.length > 0 && !isToy(name) && name !== "drawn" && <Columns info={info} />}
      </fieldset>
    </section>
  );
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
  const info = data.value;
  return (
    <>
      <label class="file">
        <input
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            if (chosen !== undefined) void openFile(chosen);
            event.currentTarget.value = "";
          }}
        />
        <span>{info === undefined ? "Choose a CSV file, or drop it on the page" : info.name}</span>
      </label>
      {info !== undefined && <p class="hint">{info.rows.toLocaleString("en-GB")} rows. Nothing is sent anywhere.</p>}
    </>
  );
}

type Use = "model" | "given" | "unused";

/** What each column of a table is for. */
function Columns({ info }: { readonly info: DataInfo }): JSX.Element {
  const { columns, context } = info.schema;
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
      <p class="hint">“Given” columns make the flow conditional: you move them, and the density follows.</p>
    </details>
  );
}

function isToy(name: DataName): boolean {
  return (TOY_NAMES as readonly string[]).includes(name);
}
