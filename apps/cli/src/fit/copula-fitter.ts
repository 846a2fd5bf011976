import type { UnderstoodTable } from "@pushforward/columns";
import { learnedTable, shortList } from "@pushforward/columns/extend";
import { takeTableRows } from "@pushforward/datasets/extend";
import { fitNormalMixture } from "@pushforward/tables";
import { CopulaModel } from "@pushforward/tables/extend";
import { createKey } from "pushforward";
import { UsageError } from "../errors/user-error.ts";
import { startBackend } from "../run/start-backend.ts";
import { densityParts } from "./density-fitter.ts";
import { type FitJob, type Fitted, figure, finite } from "./fit-model.ts";
import { stopAfterBatch } from "./stop.ts";

/** The fraction of the rows that is held out where the user names none. */
const HELD_OUT = 0.1;

/** Learns the distribution of each column and a Gaussian copula between the columns: a fast baseline. */
export async function fitCopula({ source, options, voice }: FitJob, found: UnderstoodTable): Promise<Fitted> {
  const { seed, context = [], validation = HELD_OUT } = options;
  if (context.length > 0) throw new UsageError("--context: expected --flow auto or table, got copula.");
  const { table } = learnedTable(found);
  const { train, validation: kept, test } = densityParts({ ...found, table }, { ...options, validation }, source);
  voice.tell(
    `${train.rows} training and ${kept?.rows ?? 0} validation rows of ${shortList(found.learned.map(({ name }) => name))}`,
  );
  await startBackend(options.backend);
  const { model: normals, tried } = await stopAfterBatch(voice.quiet, (signal) =>
    fitNormalMixture(train, {
      ...{ key: createKey(seed), components: 1, validation: takeTableRows(table, []), signal },
      steps: new Map(found.learned.map(({ name, step }) => [name, step ?? 0])),
    }),
  );
  const model = new CopulaModel(normals, found.variables);
  const nll = (part: typeof table | undefined): number | null =>
    part === undefined ? null : finite(-model.logProb(part).reduce((sum, value) => sum + value, 0) / part.rows);
  return {
    model,
    reason: "completed",
    about: { seed },
    training: {
      table: train,
      columns: model.names,
      steps: new Map(found.learned.map(({ name, step }) => [name, step ?? 0])),
    },
    heldOutLogProb: () => (kept === undefined ? new Float64Array(0) : model.logProb(kept)),
    notices: [],
    knowsFormats: true,
    figures: () => ({
      ...{ flow: "copula", features: model.columns.length, context: 0 },
      ...{ epochs: tried[0]?.iterations ?? 0, bestEpoch: null },
      ...{ trainNll: nll(train), validationNll: nll(kept), testNll: nll(test) },
      others: {},
    }),
    lines: (report) => [
      "negative log-likelihood, nats per row, lower is better",
      `  train       ${figure(report.trainNll)}`,
      ...(kept === undefined ? [] : [`  validation  ${figure(report.validationNll)}`]),
      ...(test === undefined ? [] : [`  test        ${figure(report.testNll)}`]),
    ],
  };
}
