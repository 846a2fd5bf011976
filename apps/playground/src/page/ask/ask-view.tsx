import type { JSX } from "preact";
import type {
  AskColumn,
  Center,
  ColumnAnswer,
  AskControl as Control,
  GivenCell,
  GivenText,
} from "../../shared/ask-protocol.ts";
import type { MarginalPicture } from "../../shared/table-protocol.ts";
import { shortNumber } from "../plots/plot-area.ts";
import { MarginalPlot } from "../table/marginal-plot.tsx";
import { percent } from "../table/table-figures.tsx";
import { answer, askColumns, clearGiven, give, given, isAsking, keepAsking, prepareQuestions, problem } from "./ask.ts";
import "./ask.css";
import { useEffect, useRef } from "preact/hooks";
import { MOST_ASKED } from "../../shared/settings.ts";
import { SameRun } from "../panels/train-panel.tsx";
import { askable } from "../state.ts";
import { drawnColumns } from "../table/pair-view.tsx";

interface AskControlProps {
  readonly column: AskColumn;
  /** Cell as read by the trainer; undefined before that, and while the column has no given value. */
  readonly known: GivenText | undefined;
}

/** Sets the value of a column, or marks its cell as missing. */
function AskControl({ column, known }: AskControlProps): JSX.Element {
  const { control, canBeMissing } = column;
  const name = column.marginal.column;
  if (control.kind === "category") {
    return <CategoryControl name={name} values={control.values} canBeMissing={canBeMissing} />;
  }
  return (
    <div class="ask-control">
      <Slider name={name} control={control} known={known} />
      <NumberField name={name} control={control} known={known} />
      {canBeMissing && (
        <label class="chip">
          <input
            type="checkbox"
            aria-label={`${name} is missing`}
            checked={given.value.get(name) === null}
            onChange={(event) => give(name, event.currentTarget.checked ? null : undefined)}
          />
          <span>missing</span>
        </label>
      )}
    </div>
  );
}

interface NumberProps {
  readonly name: string;
  readonly control: Extract<Control, { kind: "number" }>;
  readonly known: GivenText | undefined;
}

function Slider({ name, control, known }: NumberProps): JSX.Element {
  const cell = given.value.get(name);
  const isGiven = cell !== undefined && cell !== null;
  const [low, high] = control.range;
  return (
    <input
      type="range"
      aria-label={`Slider of ${name}`}
      aria-valuetext={isGiven ? (known?.text ?? String(cell)) : "not given"}
      class={isGiven ? undefined : "unset"}
      min={low}
      max={high}
      step={control.step}
      value={typeof cell === "number" ? cell : isGiven ? (known?.value ?? control.start) : control.start}
      onInput={(event) => give(name, Number(event.currentTarget.value))}
    />
  );
}

/** Field for an exact number, or a date in the format of the file. An empty field sets no value. */
function NumberField({ name, control: { isText }, known }: NumberProps): JSX.Element {
  const cell = given.value.get(name);
  const shown =
    cell === undefined || cell === null ? "" : isText ? (known?.text ?? String(cell)) : String(known?.value ?? cell);
  const common = {
    "aria-label": `Value of ${name}`,
    placeholder: "not given",
    value: shown,
    onChange: ({ currentTarget: { value } }: { readonly currentTarget: HTMLInputElement }): void => {
      const text = value.trim();
      give(name, text === "" ? undefined : isText ? text : Number(text));
    },
  };
  return isText ? (
    <input type="text" {...common} />
  ) : (
    <input type="number" inputMode="decimal" step="any" {...common} />
  );
}

/** Choices that are not categories. All other choices are numbers, so no category has these values. */
const CHOICES = { none: "", missing: "missing" } as const;

function CategoryControl({
  name,
  values,
  canBeMissing,
}: {
  readonly name: string;
  readonly values: readonly string[];
  readonly canBeMissing: boolean;
}): JSX.Element {
  const cell = given.value.get(name);
  const chosen =
    cell === undefined ? CHOICES.none : cell === null ? CHOICES.missing : String(values.indexOf(String(cell)));
  return (
    <div class="ask-control">
      <select
        aria-label={`Value of ${name}`}
        value={chosen}
        onChange={({ currentTarget: { value } }) => {
          if (value === CHOICES.none) give(name, undefined);
          else give(name, value === CHOICES.missing ? null : values[Number(value)]);
        }}
      >
        <option value={CHOICES.none}>not given</option>
        {values.map((label, place) => (
          <option key={label} value={String(place)}>
            {label === "" ? "(empty)" : label}
          </option>
        ))}
        {canBeMissing && <option value={CHOICES.missing}>missing</option>}
      </select>
    </div>
  );
}

/** A column: its input control, and its distribution given the other columns. */
function AskRow({ column }: { readonly column: AskColumn }): JSX.Element {
  const { marginal, axis } = column;
  const name = marginal.column;
  const cell = given.value.get(name);
  const isGiven = cell !== undefined;
  const now = isGiven ? undefined : answer.value?.columns.find((one) => one.column === name);
  const known = isGiven ? answer.value?.given.find((one) => one.column === name) : undefined;
  const picture: MarginalPicture = {
    ...{ column: name, axis, data: marginal.shares },
    ...(now && { samples: now.shares }),
    ...(isGiven && axis.kind === "categories" && { samples: sharesAt(axis.labels, cell) }),
  };
  return (
    <li class={isGiven ? "ask-row is-given" : "ask-row"}>
      <div class="ask-name">
        <b title={name}>{name}</b>
        <span class="ask-state">{isGiven ? "given" : "not given"}</span>
        {isGiven ? (
          <button
            type="button"
            class="small"
            aria-label={`Clear ${name}`}
            onClick={({ currentTarget }) => clear(name, currentTarget)}
          >
            Clear
          </button>
        ) : (
          <CenterText now={now} marginal={marginal} />
        )}
      </div>
      <AskControl column={column} known={known} />
      <div class="marginal">
        <MarginalPlot picture={picture} shown="samples" mark={known?.value} />
        <MissingText now={now} marginal={marginal} />
      </div>
    </li>
  );
}

/** A category that is known has the whole share; rare ones are the last bar. */
function sharesAt(labels: readonly string[], cell: GivenCell): number[] {
  const place = labels.indexOf(cell === null ? "missing" : String(cell));
  return labels.map((_, at) => (at === (place < 0 ? labels.length - 1 : place) ? 1 : 0));
}

/** Removes the value of a column, and keeps the focus in its row, because the button disappears. */
function clear(name: string, button: HTMLElement): void {
  button.closest("li")?.querySelector<HTMLElement>(".ask-control :is(input, select)")?.focus();
  give(name, undefined);
}

interface Both {
  readonly now: ColumnAnswer | undefined;
  readonly marginal: ColumnAnswer;
}

/** Center of the column, with and without conditions. */
function CenterText({ now, marginal }: Both): JSX.Element {
  const { column } = marginal;
  const center = now === undefined ? marginal.center : now.center;
  const value = center?.kind === "mean" ? center.value : center?.share;
  return (
    <p class="ask-center" data-center={column} data-value={value}>
      {centerText(center)}
      <span class="hint">
        {now !== undefined && marginal.center !== undefined && `without conditions ${shortCenter(marginal.center)}`}
      </span>
    </p>
  );
}

function centerText(center: Center | undefined): string {
  return center === undefined ? "missing" : `${center.kind} ${shortCenter(center)}`;
}

function shortCenter(center: Center): string {
  if (center.kind === "mean") return center.text ?? shortNumber(center.value);
  return `${center.label === "" ? "(empty)" : center.label} (${percent(center.share)})`;
}

/** Share of missing cells of a numeric column, if it has any. */
function MissingText({ now, marginal }: Both): JSX.Element | null {
  const share = (now ?? marginal).missing;
  if (share === 0 && marginal.missing === 0) return null;
  return <p class="hint">missing: {percent(share)}</p>;
}

/** Columns of the model: the given values of a row, and the resulting distributions of the remaining columns. */
export function AskView(): JSX.Element | null {
  useEffect(keepAsking, []);
  const columns = askColumns.value;
  const section = useRef<HTMLElement>(null);
  useEffect(() => whenSeen(section.current, prepareQuestions), [columns]);
  if (columns.length === 0) return <TooWide />;
  return (
    <section ref={section} class="card ask" aria-labelledby="ask-title">
      <div class="card-head">
        <h2 id="ask-title">Ask the model</h2>
        <ul class="legend sets">
          <li class="data">without conditions</li>
          <li class="samples">given what you set</li>
        </ul>
        <button type="button" class="small" disabled={given.value.size === 0} onClick={clearGiven}>
          Clear all
        </button>
      </div>
      <p class="hint">Set the value of a column, and see what the model says of the others.</p>
      <Status />
      <ul class="ask-rows">
        {columns.map((column) => (
          <AskRow key={column.marginal.column} column={column} />
        ))}
      </ul>
      {answer.value !== undefined && (
        <SameRun
          title="The same question in a terminal"
          text={answer.value.command}
          hint="Draws rows that meet these conditions from the model that you save."
        />
      )}
    </section>
  );
}

/** Runs some work once an element scrolls into view, so that visitors who do not scroll there cause no work. */
function whenSeen(element: HTMLElement | null, work: () => void): (() => void) | undefined {
  if (element === null) return undefined;
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    work();
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** Why a wide table has no questions. */
function TooWide(): JSX.Element | null {
  const count = drawnColumns.value.length;
  if (askable.value === undefined || count <= MOST_ASKED) return null;
  return (
    <section class="card ask" aria-labelledby="ask-title">
      <div class="card-head">
        <h2 id="ask-title">Ask the model</h2>
      </div>
      <p class="hint">
        The page asks models of at most {MOST_ASKED} columns, and this one has {count.toLocaleString("en-US")}. The
        command line asks any: <code>pushforward sample model.safetensors --given</code>.
      </p>
    </section>
  );
}

/** Draws that are worth this share of their number are as good as equal ones. */
const EQUAL = 0.98;

/** How good the answer is. */
function Status(): JSX.Element {
  const warning = answer.value?.warning;
  return (
    <p class="ask-status" role="status">
      {problem.value === "" ? statusText() : <span class="bad">{problem.value}</span>}
      {problem.value === "" && warning !== undefined && <span class="bad"> {warning}</span>}
    </p>
  );
}

function statusText(): string {
  const now = answer.value;
  if (now === undefined) return isAsking.value ? "Preparing the model for questions …" : "Nothing is given yet.";
  const more = now.isDone ? "" : " Drawing more …";
  if (!now.fits) return now.isDone ? "" : `No draw has these values so far.${more}`;
  const draws = now.draws.toLocaleString("en-US");
  if (now.effective > EQUAL * now.draws) return `From ${draws} draws.${more}`;
  return `From ${draws} weighted draws, worth ${Math.round(now.effective).toLocaleString("en-US")} equal ones.${more}`;
}
