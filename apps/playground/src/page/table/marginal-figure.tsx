import type { JSX } from "preact";
import type { MarginalPicture } from "../../shared/table-protocol.ts";
import { AxisMarks } from "./axis-marks.tsx";

const [WIDTH, HEIGHT] = [100, 56];

/** A column of the data and of samples: a histogram, or a bar for each category. */
export function MarginalFigure({ picture }: { readonly picture: MarginalPicture }): JSX.Element {
  const { column, axis, missing } = picture;
  return (
    <figure class="marginal">
      <figcaption title={column}>{column}</figcaption>
      {axis.kind === "numbers" ? <Histogram picture={picture} /> : <Bars picture={picture} labels={axis.labels} />}
      {missing !== undefined && (
        <p class="hint">
          missing:{" "}
          {["data", "samples"].flatMap((set) => shareText(set, missing[set as keyof typeof missing])).join(", ")}
        </p>
      )}
    </figure>
  );
}

function shareText(set: string, share: number | undefined): string[] {
  return share === undefined ? [] : [`${set} ${percent(share)}`];
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(share < 0.1 ? 2 : 3))}%`;
}

/** The data as filled bars, samples as a line around theirs. */
function Histogram({ picture }: { readonly picture: MarginalPicture }): JSX.Element {
  const { column, axis, data, samples } = picture;
  const ticks = axis.kind === "numbers" ? axis.ticks : [];
  const [low, high] = axis.kind === "numbers" ? axis.range : [0, 1];
  const most = Math.max(1e-9, ...(data ?? []), ...(samples ?? []));
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
}: {
  readonly picture: MarginalPicture;
  readonly labels: readonly string[];
}): JSX.Element {
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
            <span class="share">{percent(a ?? b ?? 0)}</span>
          </li>
        );
      })}
    </ul>
  );
}
