import type { JSX } from "preact";
import type { Range } from "../../shared/range.ts";
import type { PairPicture, PairValues, Quantiles, TableAxis } from "../../shared/table-protocol.ts";
import { AxisMarks } from "./axis-marks.tsx";

interface GroupPlotProps {
  readonly picture: PairPicture;
  readonly labels: readonly string[];
  readonly axis: Extract<TableAxis, { kind: "numbers" }>;
}

/** For each category the numbers of both sets: the middle half as a box, 5 to 95% as a line, the median as a mark. */
export function GroupPlot({ picture, labels, axis }: GroupPlotProps): JSX.Element {
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
