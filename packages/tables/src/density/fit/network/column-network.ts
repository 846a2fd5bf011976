import { ResidualMlp } from "@pushforward/conditioners";
import { type Key, OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { headSize } from "../../coding/category-coding.ts";
import { ColumnDensity } from "../../column-density.ts";
import { startLinear } from "./linear-start.ts";
import type { NetworkForm, NetworkTask } from "./network-task.ts";

/** A network before its training. */
export interface NewNetwork {
  readonly density: ColumnDensity;
  /** `true` if it starts as a regression, `false` if it starts as the frequencies of the codes. */
  readonly isRegression: boolean;
}

/** A network that starts as the frequencies of the codes, or better. */
export function newNetwork(task: NetworkTask, hidden: number, key: Key, mayStartLinear = true): NewNetwork {
  const { form, logFrequencies } = task;
  const network = residual(form, hidden, key.fold("network"));
  const bias = new Float32Array(headSize(form.head));
  bias.set(logFrequencies);
  network.layers.at(-1)?.bias.write(bias);
  const { head, embedding } = form;
  const density = new ColumnDensity({ head, embedding, network, key: key.fold("embedding") });
  return { density, isRegression: mayStartLinear && startLinear(density, network, task) };
}

/** A network before its weights are set. */
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

/** How the networks of all columns are trained: plain data, which can be sent to a worker. */
export interface ColumnTraining {
  readonly members: number;
  readonly hidden: number;
  /** `true` if a network that is too small is replaced by a network of twice the width. */
  readonly mayWiden: boolean;
  /** `true` if a network without improvement keeps its start, if these are frequencies. A regression is always kept. */
  readonly keepsStart: boolean;
  readonly epochs: number;
  readonly batchSize: number;
  readonly patience: number;
  readonly warmupSteps: number;
  /** Of the moving averages of the weights. */
  readonly decay: number;
}

const STEPS = 1400;
const [LEAST_EPOCHS, MOST_EPOCHS] = [10, 150];
/** Epochs without improvement before a network stops. */
const LEAST_PATIENCE = 2;
/**
 * In wide tables with few rows, one small network with this number of epochs is as good as several with longer training, which
 * learn noise. With more columns this applies to more rows, because it takes a fifth of the time.
 */
const BRIEF_EPOCHS = 50;
const [FEWEST_ROWS, FEW_ROWS] = [100, 500];
const [WIDE, MANY_COLUMNS] = [32, 500];

/**
 * In tables of up to this number of rows, and more than this number of columns, the first networks are narrow: wider ones have
 * several times the weights and the same density of new rows.
 */
const [NARROW_ROWS, NARROW_COLUMNS] = [8000, 20];

/** The settings for the number of training rows and columns; no folds with a hold-out. */
export function columnTraining(
  { rows, columns, folds }: { readonly rows: number; readonly columns: number; readonly folds: number },
  options: {
    readonly hidden?: readonly number[] | undefined;
    readonly members?: number | undefined;
    readonly maxEpochs?: number | undefined;
  },
): ColumnTraining {
  const isBrief = rows <= (columns > MANY_COLUMNS ? FEW_ROWS : FEWEST_ROWS) && columns > WIDE;
  const { members = isBrief || folds > 0 ? 1 : 3 } = options;
  const isNarrow = rows <= NARROW_ROWS && columns > NARROW_COLUMNS;
  const hidden = widthOf(options.hidden) ?? (isBrief ? 32 : isNarrow ? 16 : 64);
  for (const [name, value] of Object.entries({ members, maxEpochs: options.maxEpochs ?? 1 })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(`fitTableDensity: expected ${name} to be an integer from 1, got ${describeValue(value)}.`);
    }
  }
  const batchSize = rows > 20_000 ? 256 : rows > 8_000 ? 128 : 64;
  const steps = Math.ceil(rows / batchSize);
  const epochs =
    options.maxEpochs ??
    Math.min(Math.max(Math.round(STEPS / steps), LEAST_EPOCHS), isBrief ? BRIEF_EPOCHS : MOST_EPOCHS);
  return {
    members: members * Math.max(folds, 1),
    hidden,
    mayWiden: options.hidden === undefined && !isBrief,
    keepsStart: folds > 0,
    epochs,
    batchSize,
    patience: Math.max(LEAST_PATIENCE, Math.round(epochs / 4)),
    warmupSteps: Math.min(100, Math.max(1, Math.round((epochs * steps) / 10))),
    decay: 1 - 1 / Math.max(20, 3 * steps),
  };
}

/** The one width of the hidden layers. */
function widthOf(hidden: readonly number[] | undefined): number | undefined {
  if (hidden === undefined) return undefined;
  const [width] = Array.isArray(hidden) && hidden.length === 1 ? hidden : [];
  if (Number.isSafeInteger(width) && (width as number) >= 1) return width;
  throw new OptionError(
    `fitTableDensity: expected hidden to be a list of one width, an integer from 1, got ${describeValue(hidden)}. All hidden layers of a network of a table have the same width: pass { hidden: [64] }.`,
  );
}
