import { describeVariable, isNumericVariable, plottedColumn, tablePlace } from "@pushforward/columns/extend";
import { joinTables } from "@pushforward/datasets/extend";
import { pairPlot } from "@pushforward/plots";
import { type AskedModel, askedModel, checkScores, givenRows } from "@pushforward/questions/extend";
import { cellAt, openTableModel } from "@pushforward/tables/extend";
import {
  type Column,
  type Conditions,
  createKey,
  decodeModel,
  formatCsv,
  PushforwardError,
  type Table,
  type TableModel,
  type TextColumn,
  useBackend,
  type Variable,
} from "pushforward";
import {
  conditionersCodecs,
  createRegistry,
  distributionsCodecs,
  flowsCodecs,
  tablesCodecs,
  transformsCodecs,
} from "pushforward/extend";
import { pageParts, ROWS } from "../page-facts.ts";
import { messageOf, pageElement, saveText, showTable } from "./elements.ts";

// The program of the offline page of a model of any columns.

async function main(): Promise<void> {
  const { facts, model: bytes } = pageParts();
  // One build of the kernels is in the page, and gives the same bits everywhere.
  await useBackend("wasm", { relaxedSimd: false });
  const codecs = [...distributionsCodecs, ...transformsCodecs, ...conditionersCodecs, ...flowsCodecs, ...tablesCodecs];
  const { model: module, metadata } = decodeModel(bytes, createRegistry(...codecs));
  const model = openTableModel(module, metadata, facts.name);
  const fields = model.learned.map((variable) => new CellField(variable, model));
  pageElement("cells").append(...fields.map(({ element }) => element));
  const score = (): void => showDensity(model, fields);
  startFields(model, fields);
  pageElement("cells").addEventListener("change", score);
  sampleSection(model, facts.name, fields);
  score();
  pageElement("status").textContent = "Ready.";
  document.body.dataset["ready"] = "true";
}

/** A cell of the row: a field in the format of the file, its range, its log-density and its error. */
class CellField {
  readonly name: string;
  readonly element: HTMLElement = document.createElement("div");
  readonly isContext: boolean;
  private readonly model: TableModel;
  private readonly field: HTMLInputElement | HTMLSelectElement;
  private readonly density: HTMLElement = document.createElement("p");
  private readonly error: HTMLElement = document.createElement("p");
  private readonly given: HTMLInputElement | undefined;

  constructor(variable: Variable, model: TableModel) {
    const { name } = variable;
    this.name = name;
    this.model = model;
    this.isContext = model.context.includes(name);
    const id = `cell-${model.names.indexOf(name)}`;
    const categories = model.categoriesOf(name);
    this.field = document.createElement(categories === undefined ? "input" : "select");
    this.field.id = id;
    if (categories === undefined) describeInput(this.field as HTMLInputElement, variable);
    else this.field.append(...categories.map((text, k) => new Option(text, String(k))), new Option("(missing)", ""));
    const label = document.createElement("label");
    label.htmlFor = id;
    label.textContent = name;
    const hint = document.createElement("p");
    hint.id = `${id}-hint`;
    hint.className = "muted";
    const kind = describeVariable(variable).slice(`${name}: `.length);
    hint.textContent = `${this.isContext ? "context, " : ""}${kind}${categories === undefined ? "; empty: missing" : ""}`;
    this.error.id = `${id}-error`;
    this.error.className = "error";
    this.density.className = "density";
    this.field.setAttribute("aria-describedby", `${hint.id} ${this.error.id}`);
    this.element.className = this.isContext ? "cell context" : "cell";
    this.element.append(label, this.field, hint, this.error, this.density);
    if (model.context.length === 0) this.given = this.addGiven(id);
  }

  /** `true` if rows are drawn given this cell. */
  get isGiven(): boolean {
    return this.given?.checked === true;
  }

  /** Sets the field to a cell as the file has it, undefined for a missing one. */
  set text(text: string | undefined) {
    const categories = this.model.categoriesOf(this.name);
    if (text === undefined) this.field.value = "";
    else this.field.value = categories === undefined ? text : String(categories.indexOf(text));
  }

  /** The cell as the model reads it; undefined, and an error at the field, if it cannot be read. */
  read(): Column | undefined {
    const { name, field } = this;
    try {
      const text = this.model.categoriesOf(name)?.[Number(field.value)] ?? field.value;
      const isMissing = field.value.trim() === "";
      const column: TextColumn = {
        ...{ name, kind: "text", values: [isMissing ? "" : text] },
        ...(isMissing && { missing: new Set([0]) }),
      };
      const [cell] = this.model.read({ rows: 1, columns: [column] }, { isPartial: true }).columns;
      this.showError("");
      return cell;
    } catch (error) {
      // A page has no option that names markers of missing values.
      const message = error instanceof PushforwardError ? error.tell(() => undefined) : messageOf(error);
      this.showError(message.replace(tablePlace({ row: 1, column: name }), ""));
      return undefined;
    }
  }

  /** Shows the log-density of the cell given the cells before it, of a model that has one. */
  showDensity(value: number | undefined): void {
    this.density.textContent = value === undefined ? "" : `log-density ${nats(value)}`;
  }

  private showError(text: string): void {
    this.error.textContent = text;
    if (text === "") this.field.removeAttribute("aria-invalid");
    else this.field.setAttribute("aria-invalid", "true");
  }

  private addGiven(id: string): HTMLInputElement {
    const box = document.createElement("input");
    const label = document.createElement("label");
    box.type = "checkbox";
    box.id = `${id}-given`;
    label.htmlFor = box.id;
    label.textContent = "given";
    // The names of all boxes differ, and begin with the word that is seen.
    box.setAttribute("aria-label", `given ${this.name}`);
    const line = document.createElement("div");
    line.className = "given";
    line.append(box, label);
    this.element.append(line);
    return box;
  }
}

/** A text field rather than one of numbers, because the file may write $1,200 or 1,5. */
function describeInput(input: HTMLInputElement, { kind }: Variable): void {
  input.type = "text";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.placeholder = "missing";
  if (kind !== "date") input.inputMode = "decimal";
}

function nats(value: number): string {
  return value.toFixed(4).replace("-Infinity", "−∞").replace("-", "−");
}

/** Starts the fields with a drawn row; context columns with the middle of their range, or with the first category. */
function startFields(model: TableModel, fields: readonly CellField[]): void {
  const given = model.learned.filter(({ name }) => model.context.includes(name));
  const middle = given.map((variable): Column => {
    const { name, min = Number.NaN, max = Number.NaN, step = 0 } = variable;
    if (!isNumericVariable(variable)) return { name, kind: "text", values: [model.categoriesOf(name)?.[0] ?? ""] };
    const half = (max - min) / 2;
    return { name, kind: "number", values: Float64Array.of(min + (step > 0 ? step * Math.round(half / step) : half)) };
  });
  const context = given.length === 0 ? undefined : { rows: 1, columns: middle };
  const row = joinTables([...model.draw({ count: 1, seed: 0, context })]) as Table;
  for (const field of fields) {
    const column = row.columns.find(({ name }) => name === field.name) as Column;
    const isMissing = column.kind === "text" && column.missing?.has(0);
    field.text = isMissing ? undefined : String(column.values[0]);
  }
}

/** Shows the log-density of the row in the fields, and of its cells. */
function showDensity(model: TableModel, fields: readonly CellField[]): void {
  const output = pageElement("density");
  const columns = fields.flatMap((field) => field.read() ?? []);
  const isWhole = columns.length === fields.length;
  try {
    const rows: Table = { rows: 1, columns };
    const scored = isWhole ? model.score(rows) : undefined;
    if (scored !== undefined) checkScores(scored.scores, rows, "the row");
    const byName = new Map(scored?.cells?.map(({ name, values }) => [name, values[0]]));
    for (const field of fields) field.showDensity(byName.get(field.name));
    output.textContent =
      scored === undefined
        ? "The row has no log-density: a cell cannot be read."
        : `Log-density of the row: ${nats(scored.scores[0] as number)} nats.`;
  } catch (error) {
    for (const field of fields) field.showDensity(undefined);
    output.textContent = messageOf(error);
  }
}

/** Draws rows, of all or given some cells, and shows them as a table and as pictures. */
function sampleSection(model: TableModel, name: string, fields: readonly CellField[]): void {
  const note = pageElement("note");
  const save = pageElement<HTMLButtonElement>("save-samples");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let drawn: Table | undefined;
  let asked: Promise<AskedModel> | undefined;
  let presses = 0;
  let isBusy = false;
  const draw = async (rowsOf: (seed: number) => Promise<{ readonly rows: Table; readonly words: string }>) => {
    if (isBusy) return;
    isBusy = true;
    note.textContent = "Drawing …";
    try {
      await painted();
      const seed = presses;
      const { rows, words } = await rowsOf(seed);
      presses++;
      drawn = rows;
      showTable(pageElement("samples"), rows, ROWS);
      showColumns(model, rows, dark.matches);
      save.disabled = false;
      note.textContent = `${rows.rows} rows drawn with seed ${seed}${words}`;
    } catch (error) {
      note.textContent = messageOf(error);
    } finally {
      isBusy = false;
    }
  };
  pageElement("draw").addEventListener("click", () => {
    void draw(async (seed) => {
      const context = contextOf(fields);
      const rows = joinTables([...model.draw({ count: ROWS, seed, context })]) as Table;
      return { rows, words: "." };
    });
  });
  const drawGiven = (): void => {
    void draw(async (seed) => {
      const conditions = conditionsOf(fields);
      asked ??= askedModel(model, name, 0);
      const key = createKey(seed).fold(0);
      const { answer, draw: rowsOf } = givenRows(await asked, conditions, key, ROWS);
      const words = `, given ${Object.keys(conditions).join(", ")}.`;
      return { rows: rowsOf("sample", ROWS), words: answer.warning ? `${words} Note: ${answer.warning}.` : words };
    });
  };
  // Questions are about all columns: a model with a context has no such button.
  if (model.context.length === 0) pageElement("draw-given").addEventListener("click", drawGiven);
  save.addEventListener("click", () => drawn && saveText(`${name}-samples.csv`, formatCsv(drawn)));
  dark.addEventListener("change", () => drawn && showColumns(model, drawn, dark.matches));
}

/** Lets the browser show what has changed before it computes. */
async function painted(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

/** The cells of the context columns; undefined for a model without. */
function contextOf(fields: readonly CellField[]): Table | undefined {
  const given = fields.filter(({ isContext }) => isContext);
  if (given.length === 0) return undefined;
  return { rows: 1, columns: given.map(readable) };
}

function conditionsOf(fields: readonly CellField[]): Conditions {
  const given = fields.filter(({ isGiven }) => isGiven);
  if (given.length === 0) throw new Error("Check “given” at the cells that all rows shall have.");
  return Object.fromEntries(given.map((field) => [field.name, cellAt(readable(field), 0) ?? null]));
}

function readable(field: CellField): Column {
  const cell = field.read();
  if (cell === undefined) throw new Error(`No rows were drawn: the cell of ${field.name} cannot be read.`);
  return cell;
}

/** A histogram of each column of numbers, and bars of the categories of the others. */
function showColumns(model: TableModel, written: Table, isDark: boolean): void {
  const typed = model.read(written);
  const look = { theme: isDark ? "dark" : "light", transparent: true, width: 250 } as const;
  const plots = model.learned.map((variable) => {
    const { categories, label, valuesOf } = plottedColumn(variable, typed);
    const plot = document.createElement("div");
    // The pictures escape the names that stand in them. The title names the column, instead of the axis and a legend.
    plot.innerHTML = pairPlot({
      ...{ columns: [""], sets: [{ name: "rows", values: [valuesOf(typed)] }], title: variable.name },
      ...{ categories: [categories], labels: [label], ...look },
      description: `${categories ? "Bars" : "Histogram"} of ${variable.name} in ${typed.rows} rows.`,
    });
    return plot;
  });
  pageElement("plots").replaceChildren(...plots);
}

main().catch((error: unknown) => {
  pageElement("status").textContent = messageOf(error);
});
