import type { JSX } from "preact";
import type { MarginalPicture } from "../../shared/table-protocol.ts";
import { MarginalPlot } from "./marginal-plot.tsx";
import { percent } from "./percent.ts";

/** A column of the data and of samples: a histogram, or a bar for each category. */
export function MarginalFigure({ picture }: { readonly picture: MarginalPicture }): JSX.Element {
  const { column, missing } = picture;
  return (
    <figure class="marginal">
      <figcaption title={column}>{column}</figcaption>
      <MarginalPlot picture={picture} shown="data" />
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
