import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { MarginalPicture } from "../../shared/table-protocol.ts";
import { workers } from "../session.ts";
import { table, tableModel } from "../state.ts";
import { drawnColumns } from "./drawn-columns.ts";
import { MarginalFigure } from "./marginal-figure.tsx";
import { MoreButton } from "./more-button.tsx";
import { SetsLegend } from "./sets-legend.tsx";

/** Columns that are drawn at once. */
const PAGE = 24;

const pictures = signal<readonly MarginalPicture[]>([]);
const shown = signal(PAGE);

/** Each column of the data and of samples. */
export function ColumnPictures(): JSX.Element | null {
  useEffect(keepPictures, []);
  if (pictures.value.length === 0) return null;
  return (
    <section class="card" aria-labelledby="pictures-title">
      <div class="card-head">
        <h2 id="pictures-title">Each column</h2>
        <SetsLegend />
      </div>
      <div class="marginals">
        {pictures.value.map((picture) => (
          <MarginalFigure key={picture.column} picture={picture} />
        ))}
      </div>
      <MoreButton shown={shown} count={drawnColumns.value.length} page={PAGE}>
        {(next) => `Draw ${next} more columns`}
      </MoreButton>
    </section>
  );
}

/** Draws the pictures of other data, and of another model. */
function keepPictures(): () => void {
  return effect(() => {
    const count = Math.min(shown.value, drawnColumns.value.length);
    const of = [table.value, tableModel.value] as const;
    if (of[0] === undefined || count === 0) {
      pictures.value = [];
      return;
    }
    void draw(count, of);
  });
}

async function draw(count: number, of: readonly [unknown, unknown]): Promise<void> {
  try {
    const next = await workers().trainer.call(
      "marginals",
      Array.from({ length: count }, (_, place) => place),
    );
    if (table.peek() === of[0] && tableModel.peek() === of[1]) pictures.value = next;
  } catch {
    // The trainer has ended, or has other data by now: both are told elsewhere.
  }
}
