import type { JSX } from "preact";
import type { MarginalPicture } from "../../shared/table-protocol.ts";
import { AxisMarks } from "./pair-view.tsx";
import { percent } from "./table-figures.tsx";

const [WIDTH, HEIGHT] = [100, 56];

interface MarginalPlotProps {
  readonly picture: MarginalPicture;
  /** The set with its share written next to a bar, if both sets exist. */
  readonly shown: "data" | "samples";
  /** A number that is marked on the axis. */
  readonly mark?: number | undefined;
}

/** One or two distributions of a column: histograms, or bars for each category. */
export function MarginalPlot({ picture, shown, mark }: MarginalPlotProps): JSX.Element {
  const { axis } = picture;
  return axis.kind === "numbers" ? (
    <Histogram picture={picture} mark={mark} />
  ) : (
    <Bars picture={picture} labels={axis.labels} shown={shown} />
  );
}

/** The data as filled bars, samples as a line around theirs. */
function Histogram({ picture, mark }: Pick<MarginalPlotProps, "picture" | "mark">): JSX.Element {
  const { column, axis, data, samples } = picture;
  const ticks = axis.kind === "numbers" ? axis.ticks : [];
  const [low, high] = axis.kind === "numbers" ? axis.range : [0, 1];
  const most = Math.max(1e-9, ...(data ?? []), ...(samples ?? []));
  const across = (value: number): string => (WIDTH * Math.min(1, Math.max(0, (value - low) / (high - low)))).toFixed(2);
  const outline = (shares: readonly number[]): string =>
    shares.map((share, i) => `V${up(share, most)}H${(((i + 1) * WIDTH) / shares.length).toFixed(2)}`).join("");
  return (
    <>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram of ${column}, from ${ticks[0]?.label ?? low} to ${ticks.at(-1)?.label ?? high}`}
      >
        {data !== undefined && <path class="data" d={`M0 ${HEIGHT}${outline(data)}V${HEIGHT}Z`} />}
        {samples !== undefined && <path class="samples" d={`M0 ${HEIGHT}${outline(samples)}V${HEIGHT}`} />}
        <path class="ground" d={`M0 ${HEIGHT}H${WIDTH}`} />
        {mark !== undefined && <path class="mark" d={`M${across(mark)} 0V${HEIGHT}`} />}
      </svg>
      {axis.kind === "numbers" && <AxisMarks axis={axis} />}
    </>
  );
}

function up(share: number, most: number): string {
  return (HEIGHT - (HEIGHT - 3) * (share / most)).toFixed(2);
}

/** A line for each category, with the shares of both sets as bars. */
function Bars({
  picture,
  labels,
  shown,
}: Omit<MarginalPlotProps, "mark"> & { readonly labels: readonly string[] }): JSX.Element {
  const { data, samples } = picture;
  const most = Math.max(1e-9, ...(data ?? []), ...(samples ?? []));
  const bar = (set: "data" | "samples", share: number | undefined): JSX.Element | null =>
    share === undefined ? null : <span class={set} style={{ width: `${(100 * share) / most}%` }} />;
  return (
    <ul class="bars">
      {labels.map((label, place) => {
        const [a, b] = [data?.[place], samples?.[place]];
        return (
          <li key={label}>
            <span class="label" title={label}>
              {label === "" ? "(empty)" : label}
            </span>
            <span class="track" aria-hidden="true">
              {bar("data", a)}
              {bar("samples", b)}
            </span>
            <span class="share">{percent((shown === "data" ? (a ?? b) : (b ?? a)) ?? 0)}</span>
          </li>
        );
      })}
    </ul>
  );
}
