import type { JSX } from "preact";
import type { PairPicture, PairValues } from "../../shared/table-protocol.ts";
import { GroupPlot } from "./group-plot.tsx";
import { PointPlot } from "./point-plot.tsx";
import { ShareTable } from "./share-table.tsx";

/** Two columns: points, the numbers of each category, or the shares of pairs of categories. */
export function PairFigure({ picture }: { readonly picture: PairPicture }): JSX.Element {
  const { axes, data, samples } = picture;
  if (axes[0].kind === "categories" && axes[1].kind === "numbers") {
    return <GroupPlot picture={picture} labels={axes[0].labels} axis={axes[1]} />;
  }
  return (
    <div class="panels">
      {data !== undefined && <Panel set="data" values={data} picture={picture} />}
      {samples !== undefined && <Panel set="samples" values={samples} picture={picture} />}
    </div>
  );
}

interface PanelProps {
  readonly set: "data" | "samples";
  readonly values: PairValues;
  readonly picture: PairPicture;
}

/** One set beside the other, on the same axes. */
function Panel({ set, values, picture: { columns, axes } }: PanelProps): JSX.Element {
  const [x, y] = axes;
  return (
    <figure class={`panel-${set}`}>
      <figcaption>{set}</figcaption>
      {values.kind === "points" && x.kind === "numbers" && y.kind === "numbers" && (
        <PointPlot set={set} values={values} x={x} y={y} columns={columns} />
      )}
      {values.kind === "shares" && x.kind === "categories" && y.kind === "categories" && (
        <ShareTable values={values} rows={x.labels} columns={y.labels} names={columns} />
      )}
    </figure>
  );
}
