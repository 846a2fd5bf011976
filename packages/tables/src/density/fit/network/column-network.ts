import { ResidualMlp } from "@pushforward/conditioners";
import type { Key } from "@pushforward/core";
import { headSize } from "../../coding/cell-coding.ts";
import { ColumnDensity } from "../../column-density.ts";
import { startLinear } from "./linear-start.ts";
import type { NetworkForm, NetworkTask } from "./network-task.ts";

/** A network that starts as the frequencies of the codes, or better. */
export function newNetwork(task: NetworkTask, hidden: number, key: Key): ColumnDensity {
  const { form, logFrequencies } = task;
  const network = residual(form, hidden, key.fold("network"));
  const bias = new Float32Array(headSize(form.head));
  bias.set(logFrequencies);
  network.layers.at(-1)?.bias.write(bias);
  const { head, embedding } = form;
  const density = new ColumnDensity({ head, embedding, network, key: key.fold("embedding") });
  startLinear(density, network, task);
  return density;
}

/** A network whose weights are still to be written. */
export function bareNetwork(form: NetworkForm, hidden: number): ColumnDensity {
  const { head, embedding } = form;
  return new ColumnDensity({ head, embedding, network: residual(form, hidden) });
}

function residual({ head, embedding, featureCounts }: NetworkForm, hidden: number, key?: Key): ResidualMlp {
  return new ResidualMlp({
    inputSize: embedding.tables.reduce((sum, { width }) => sum + width, 0),
    context: featureCounts.reduce((sum, count) => sum + count, 0),
    outputSize: headSize(head),
    hidden: [hidden, hidden, hidden],
    activation: "silu",
    dropout: 0.1,
    ...(key && { key }),
  });
}
