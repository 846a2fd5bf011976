import type { UnderstoodTable } from "@pushforward/columns";
import { learnedTable, shortList } from "@pushforward/columns/extend";
import { takeTableRows } from "@pushforward/datasets/extend";
import { fitNormalMixture } from "@pushforward/tables";
import { CopulaModel, holdOut, rowsByWord } from "@pushforward/tables/extend";
import { createKey, DataError } from "pushforward";
import { UsageError } from "../errors/user-error.ts";
import { startBackend } from "../run/start-backend.ts";
import { type FitJob, type Fitted, figure, finite } from "./fit-model.ts";
import { stopAfterBatch } from "./stop.ts";

/** Learns the distribution of each column and a Gaussian copula between them: a fast baseline. */
export async function fitCopula({ source, options, voice }: FitJob, found: UnderstoodTable): Promise<Fitted> {
  const { seed, context = [], splitColumn, validation } = options;
  if (context.length > 0) throw new UsageError("--context: expected --flow auto or table, got copula.");
  const { table } = learnedTable(found);
  const rows = rowsByWord(found.source, splitColumn, source);
  const held =
    rows.validation.length > 0 ? rows : holdOut(rows.train, createKey(seed).fold("split"), { fraction: validation });
  if (held.train.length === 0)
    throw new DataError(`${source}: expected at least 1 training row, got none.`, { file: source });
  const [train, kept, test] = [held.train, held.validation, rows.test].map((part) => takeTableRows(table, part)) as [
    typeof table,
    typeof table,
    typeof table,
  ];
  voice.tell(
    `${train.rows} training and ${kept.rows} validation rows of ${shortList(found.learned.map(({ name }) => name))}`,
  );
  await startBackend(options.backend);
  const { model: normals, tried } = await stopAfterBatch(voice.quiet, (signal) =>
    fitNormalMixture(train, {
      ...{ key: createKey(seed), components: 1, validation: takeTableRows(table, []), signal },
      steps: new Map(found.learned.map(({ name, step }) => [name, step ?? 0])),
    }),
  );
  const model = new CopulaModel(normals, found.variables);
  const nll = (part: typeof table): number | null =>
    part.rows === 0 ? null : finite(-model.logProb(part).reduce((sum, value) => sum + value, 0) / part.rows);
  return {
    model,
    reason: "completed",
    about: { seed },
    training: {
      table: train,
      columns: model.names,
      steps: new Map(found.learned.map(({ name, step }) => [name, step ?? 0])),
    },
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
      ...(kept.rows === 0 ? [] : [`  validation  ${figure(report.validationNll)}`]),
      ...(test.rows === 0 ? [] : [`  test        ${figure(report.testNll)}`]),
    ],
  };
}
