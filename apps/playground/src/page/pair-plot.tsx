import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { pairPicture } from "./keep.ts";
import { context, data, model, outcome } from "./state.ts";
import { theme } from "./theme.ts";

/** Every pair of columns, data beside samples, for models of more than two. */
export function PairPlot(): JSX.Element | null {
  const address = useSignal<string | undefined>(undefined);
  const isWorking = useSignal(false);
  // What it shows is that of another model, context or theme.
  useSignalEffect(() => {
    model.value;
    outcome.value;
    context.value;
    theme.value;
    const old = address.peek();
    if (old !== undefined) URL.revokeObjectURL(old);
    address.value = undefined;
  });
  const columns = data.value?.layout.columns ?? [];
  if (columns.length < 3 || columns.length > 12) return null;
  const draw = async (): Promise<void> => {
    isWorking.value = true;
    const svg = await pairPicture();
    if (svg !== undefined) address.value = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    isWorking.value = false;
  };
  return (
    <section class="card pairs" aria-labelledby="pairs-title">
      <div class="card-head">
        <h2 id="pairs-title">All pairs</h2>
        <button type="button" class="small" disabled={isWorking.value} onClick={() => void draw()}>
          {address.value === undefined ? "Draw the pair plot" : "Draw again"}
        </button>
      </div>
      {address.value !== undefined && (
        <img src={address.value} alt={`Pair plot of ${columns.join(", ")}: data and samples of the model`} />
      )}
    </section>
  );
}
