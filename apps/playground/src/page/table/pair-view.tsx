import { computed, effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Tick } from "../../shared/nice-ticks.ts";
import type { Range } from "../../shared/settings.ts";
import type { PairPicture, PairValues, Quantiles, TableAxis } from "../../shared/table-protocol.ts";
import { workers } from "../engine.ts";
import { table, tableModel } from "../state.ts";
import { Scroller, SetsLegend } from "./scroller.tsx";

/** Share of an axis at both ends that requires labels inside of the axis. */
const END = 0.04;

/** The labels under an axis of numbers. */
export function AxisMarks({ axis }: { readonly axis: Extract<TableAxis, { kind: "numbers" }> }): JSX.Element {
  const [low, high] = axis.range;
  return (
    <div class="marks" aria-hidden="true">
      {axis.ticks.map(({ value, label }) => {
        const share = (value - low) / (high - low);
        const shift = share < END ? 0 : share > 1 - END ? 100 : 50;
        return (
          <span key={label} style={{ left: `${100 * share}%`, transform: `translateX(-${shift}%)` }}>
            {label}
          </span>
        );
      })}
    </div>
  );
}

/** Names of the columns in pictures, in the index order of the trainer. */
export const drawnColumns = computed<readonly string[]>(
  () => table.value?.columns.filter(({ use }) => use === "learned" || use === "follows").map(({ name }) => name) ?? [],
);

interface GroupPlotProps {
  readonly picture: PairPicture;
  readonly labels: readonly string[];
  readonly axis: Extract<TableAxis, { kind: "numbers" }>;
}

/** For each category the numbers of both sets: the middle half as a box, 5 to 95% as a line, the median as a mark. */
function GroupPlot({ picture, labels, axis }: GroupPlotProps): JSX.Element {
  const { columns, data, samples } = picture;
  const box = (set: "data" | "samples", values: PairValues | undefined, place: number): JSX.Element | null => {
    const group = values?.kind === "groups" ? values.groups[place] : undefined;
    return group ? <Box set={set} group={group} axis={axis} /> : null;
  };
  return (
    <div class="groups">
      <ul>
        {labels.map((label, place) => (
          <li key={label}>
            <span class="label" title={label}>
              {label === "" ? "(empty)" : label}
            </span>
            <span class="boxes" role="img" aria-label={groupText(columns[1], label, data, samples, place)}>
              {box("data", data, place)}
              {box("samples", samples, place)}
            </span>
          </li>
        ))}
      </ul>
      <AxisMarks axis={axis} />
      <p class="hint">
        {columns[1]}: box from the first to the third quartile, line from 5 to 95%, mark at the median.
      </p>
    </div>
  );
}

function Box({
  set,
  group,
  axis,
}: {
  readonly set: "data" | "samples";
  readonly group: Quantiles;
  readonly axis: Extract<TableAxis, { kind: "numbers" }>;
}): JSX.Element {
  const [low, first, median, third, high] = group.map(
    (value) => 100 * Math.min(1, Math.max(0, share(value, axis.range))),
  ) as unknown as Quantiles;
  return (
    <span class={`box ${set}`}>
      <span class="whisker" style={{ left: `${low}%`, width: `${high - low}%` }} />
      <span class="middle" style={{ left: `${first}%`, width: `${third - first}%` }} />
      <span class="median" style={{ left: `${median}%` }} />
    </span>
  );
}

function groupText(
  name: string,
  label: string,
  data: PairValues | undefined,
  samples: PairValues | undefined,
  place: number,
): string {
  const median = (set: string, values: PairValues | undefined): string[] => {
    const group = values?.kind === "groups" ? values.groups[place] : undefined;
    return group ? [`median of the ${set} ${Number(group[2].toPrecision(4))}`] : [];
  };
  return `${name} where ${label}: ${[...median("data", data), ...median("samples", samples)].join(", ") || "too few rows"}`;
}

function share(value: number, [low, high]: Range): number {
  return (value - low) / (high - low);
}

type NumberAxis = Extract<TableAxis, { kind: "numbers" }>;

const [WIDTH, HEIGHT] = [400, 300];
const [RIGHT, TOP, BOTTOM] = [10, 10, 36];
/** Width of a digit, and the least room for the labels on the left. */
const [DIGIT, LEAST] = [7, 30];

interface PointPlotProps {
  readonly set: "data" | "samples";
  readonly values: Extract<PairValues, { kind: "points" }>;
  readonly x: NumberAxis;
  readonly y: NumberAxis;
  readonly columns: readonly [string, string];
  readonly groups: PairPicture["groups"];
}

/** Marks of the categories, which also differ without color: paths from the place of a row. */
const MARKS = [
  "h0",
  "m-2 0h4",
  "m0-2v4",
  "m-2-2l4 4",
  "m-2 2l4-4",
  "m-2 1.5h4l-2-3z",
  "m-1.5-1.5h3v3h-3z",
  "m0-2l2 2-2 2-2-2z",
];

/** Two columns of numbers as points, in the colors and marks of a column of categories. */
function PointPlot({ set, values, x, y, columns, groups }: PointPlotProps): JSX.Element {
  const left = Math.max(LEAST, 14 + DIGIT * Math.max(...y.ticks.map(({ label }) => label.length)));
  const px = (value: number): number => left + pairViewShare(value, x) * (WIDTH - left - RIGHT);
  const py = (value: number): number => HEIGHT - BOTTOM - pairViewShare(value, y) * (HEIGHT - TOP - BOTTOM);
  // A path for each category: dots are lines without a length, with round ends.
  const paths = new Map<number | undefined, string>();
  for (const [i, value] of values.x.entries()) {
    const other = values.y[i] as number;
    if (!isInside(value, x) || !isInside(other, y)) continue;
    const place = values.groups?.[i];
    const group = groups === undefined || place === undefined || Number.isNaN(place) ? undefined : place;
    const mark = MARKS[group ?? 0] as string;
    paths.set(group, `${paths.get(group) ?? ""}M${px(value).toFixed(1)} ${py(other).toFixed(1)}${mark}`);
  }
  return (
    <svg
      class="points"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${columns[1]} by ${columns[0]}, ${values.x.length} rows of the ${set}`}
    >
      <rect class="frame" x={left} y={TOP} width={WIDTH - left - RIGHT} height={HEIGHT - TOP - BOTTOM} />
      {x.ticks.map((tick) => (
        <text key={tick.label} x={px(tick.value)} y={HEIGHT - BOTTOM + 15} text-anchor={anchorOf(tick, x)}>
          {tick.label}
        </text>
      ))}
      {y.ticks.map((tick) => (
        <text key={tick.label} x={left - 6} y={py(tick.value) + 4} text-anchor="end">
          {tick.label}
        </text>
      ))}
      <text class="name" x={WIDTH - RIGHT} y={HEIGHT - 5} text-anchor="end">
        {columns[0]}
      </text>
      {Array.from(paths, ([group, path]) => (
        <path key={group} class={group === undefined ? set : `group group-${group}`} d={path} />
      ))}
      <text class="name" x={left + 6} y={TOP + 15}>
        {columns[1]}
      </text>
    </svg>
  );
}

function anchorOf({ value }: Tick, axis: NumberAxis): "start" | "middle" | "end" {
  const at = pairViewShare(value, axis);
  return at < 0.05 ? "start" : at > 0.95 ? "end" : "middle";
}

function pairViewShare(value: number, { range: [low, high] }: NumberAxis): number {
  return (value - low) / (high - low);
}

function isInside(value: number, axis: NumberAxis): boolean {
  const at = pairViewShare(value, axis);
  return at >= 0 && at <= 1;
}

interface ShareTableProps {
  readonly values: Extract<PairValues, { kind: "shares" }>;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly names: readonly [string, string];
}

/** Share of each pair of categories, as a table. Cells with a larger share are darker. */
function ShareTable({ values, rows, columns, names }: ShareTableProps): JSX.Element {
  const most = Math.max(1e-9, ...values.shares.flat());
  return (
    <Scroller label={`Shares of ${names[0]} and ${names[1]}`}>
      <table class="shares">
        <thead>
          <tr>
            <td />
            {columns.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((label, row) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {(values.shares[row] ?? []).map((value, column) => (
                <td key={columns[column]} style={{ "--share": `${(70 * value) / most}%` }}>
                  {(100 * value).toFixed(1)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">Percent of the rows.</p>
    </Scroller>
  );
}

/** Two columns: points, the numbers of each category, or the shares of pairs of categories. */
function PairFigure({ picture }: { readonly picture: PairPicture }): JSX.Element {
  const { axes, data, samples } = picture;
  if (axes[0].kind === "categories" && axes[1].kind === "numbers") {
    return <GroupPlot picture={picture} labels={axes[0].labels} axis={axes[1]} />;
  }
  return (
    <>
      <div class="panels">
        {data !== undefined && <Panel set="data" values={data} picture={picture} />}
        {samples !== undefined && <Panel set="samples" values={samples} picture={picture} />}
      </div>
      {picture.groups !== undefined && <GroupLegend {...picture.groups} />}
    </>
  );
}

interface PanelProps {
  readonly set: "data" | "samples";
  readonly values: PairValues;
  readonly picture: PairPicture;
}

/** One set of points. Both sets are drawn on the same axes. */
function Panel({ set, values, picture: { columns, axes, groups } }: PanelProps): JSX.Element {
  const [x, y] = axes;
  return (
    <figure class={`panel-${set}`}>
      <figcaption>{set}</figcaption>
      {values.kind === "points" && x.kind === "numbers" && y.kind === "numbers" && (
        <PointPlot set={set} values={values} x={x} y={y} columns={columns} groups={groups} />
      )}
      {values.kind === "shares" && x.kind === "categories" && y.kind === "categories" && (
        <ShareTable values={values} rows={x.labels} columns={y.labels} names={columns} />
      )}
    </figure>
  );
}

/** The categories of points, by color and mark. */
function GroupLegend({ column, labels }: NonNullable<PairPicture["groups"]>): JSX.Element {
  return (
    <ul class="legend of-groups" aria-label={`Points by ${column}`}>
      {labels.map((label, place) => (
        <li key={label}>
          <svg class="points" viewBox="-5 -5 10 10" aria-hidden="true">
            <path class={`group group-${place}`} d={`M0 0${MARKS[place]}`} />
          </svg>
          {label === "" ? "(empty)" : label}
        </li>
      ))}
    </ul>
  );
}

/** A longer list would be slow, and nobody would read it. */
const MOST_NAMES = 400;

const chosen = signal<readonly [string, string]>(["", ""]);
const picture = signal<PairPicture | undefined>(undefined);

/** Two columns that the visitor chooses, of the data and of samples. */
export function PairView(): JSX.Element | null {
  useEffect(keepPicture, []);
  const names = drawnColumns.value;
  const shown = picture.value;
  if (names.length < 2 || shown === undefined) return null;
  const [a, b] = pairNow();
  return (
    <section class="card" aria-labelledby="pair-title">
      <div class="card-head">
        <h2 id="pair-title">Two columns</h2>
        <SetsLegend />
      </div>
      <div class="pair">
        <Choice label="first" value={a} names={names} onChoose={(name) => choose(name, name === b ? a : b)} />
        <Choice label="second" value={b} names={names} onChoose={(name) => choose(name === a ? b : a, name)} />
      </div>
      <PairFigure picture={shown} />
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly names: readonly string[];
  onChoose(name: string): void;
}

function Choice({ label, value, names, onChoose }: ChoiceProps): JSX.Element {
  return (
    <label>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {names.slice(0, MOST_NAMES).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function choose(first: string, second: string): void {
  chosen.value = [first, second];
}

/**
 * Pair chosen by the visitor, if the table has it. Otherwise the column with the largest gain, and the column before
 * it.
 */
function pairNow(): readonly [string, string] {
  const names = drawnColumns.value;
  const [a, b] = chosen.value;
  if (names.includes(a) && names.includes(b)) return [a, b];
  const learned = new Set(table.value?.columns.filter(({ use }) => use === "learned").map(({ name }) => name));
  const gains = tableModel.value?.gains.filter(([name]) => learned.has(name)) ?? [];
  const best = [...gains].sort((x, y) => y[1] - x[1])[0]?.[0];
  const place = Math.max(1, best === undefined ? 1 : names.indexOf(best));
  return [names[place - 1] ?? "", names[place] ?? ""];
}

/** Redraws the picture when the columns, the data or the model change. */
function keepPicture(): () => void {
  return effect(() => {
    const names = drawnColumns.value;
    const places = pairNow().map((name) => names.indexOf(name));
    const of = [table.value, tableModel.value] as const;
    if (of[0] === undefined || names.length < 2) {
      picture.value = undefined;
      return;
    }
    void draw(places as unknown as readonly [number, number], of);
  });
}

async function draw(places: readonly [number, number], of: readonly [unknown, unknown]): Promise<void> {
  try {
    const next = await workers().trainer.call("pairOf", places);
    if (table.peek() === of[0] && tableModel.peek() === of[1]) picture.value = next;
  } catch {
    // The trainer has ended, or has other data by now: both are told elsewhere.
  }
}
