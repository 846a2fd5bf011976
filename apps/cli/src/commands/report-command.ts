import { isTableDensity } from "@pushforward/answers";
import { Command, Option } from "commander";
import { type BackendName, useBackend } from "pushforward";
import { cpuSeconds } from "pushforward/extend";
import { saveBytes } from "pushforward/node";
import { UsageError } from "../errors/user-error.ts";
import { integer, path } from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT, fileOrQuery } from "../options/query-option.ts";
import { addReadOptions } from "../options/read-options.ts";
import { forceOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { print, say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { DensityReportModel } from "../report/density-report-model.ts";
import { FlowReportModel } from "../report/flow-report-model.ts";
import { makeReport } from "../report/make-report.ts";
import { reportPage } from "../report/page/report-page.ts";
import { type RowChoice, reportRows } from "../report/report-rows.ts";
import { summaryLines } from "../report/summary-lines.ts";
import type { TableReport } from "../report/table-report.ts";

interface ReportOptions extends RowChoice {
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly backend: BackendName;
}

/** Most training rows, and most held-out rows, that a report is made of. */
const MOST_ROWS = 50_000;

/** `pushforward report`: how good a model and its samples are, on one page. */
export function reportCommand(): Command {
  const command = new Command("report")
    .description(
      "Report on a model and its samples on one page: what it has learned, quality, calibration, odd rows, privacy.",
    )
    .argument("<model.safetensors>", "the model", path)
    .argument("[data]", `${DATA_ARGUMENT}; the one that it was fitted on`, path)
    .option("--out <report.html>", "write the page to a file")
    .addOption(forceOption())
    .option("--holdout <file.csv>", "rows that the model was not fitted on, for calibration and privacy", path)
    .option("--split-column <name>", "a column of the words train, val and test: the test rows are held out")
    .option(
      "--rows <n>",
      "most rows of the table and of those held out that are used, at random",
      integer(10),
      MOST_ROWS,
    )
    .option("--seed <n>", "decides every random number", integer(0), 0);
  return addQueryOption(addReadOptions(command))
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print all numbers on standard output as one JSON document")
    .action(runReport);
}

async function runReport(modelFile: string, data: string | undefined, options: ReportOptions): Promise<void> {
  const { out, force, json, holdout, seed } = options;
  const dataFile = fileOrQuery(data, options);
  if (out === undefined && json !== true) {
    throw new UsageError("report: expected --out with a file for the page, or --json, got neither.");
  }
  const inputs = [modelFile, dataFile, ...(holdout === undefined ? [] : [holdout])];
  const isReplaced = out !== undefined && (await checkTarget({ path: out, inputs, replaces: "report", force }));
  const started = { wall: performance.now(), cpu: cpuSeconds() ?? 0 };
  const loaded = await loadTableModel(modelFile);
  const { anomalies } = loaded;
  const model = isTableDensity(loaded)
    ? new DensityReportModel(loaded, anomalies)
    : new FlowReportModel(loaded, anomalies);
  const rows = await reportRows(model, dataFile, options);
  await useBackend(options.backend);
  const { report: made, synthetic } = await makeReport(model, rows, seed, (what) => say(what));
  const report: TableReport = {
    ...{ model: modelFile, data: dataFile, seed },
    ...made,
    seconds: (performance.now() - started.wall) / 1000,
    cpuSeconds: (cpuSeconds() ?? 0) - started.cpu,
  };
  if (out !== undefined) {
    const page = reportPage(report, { model, real: rows.training, synthetic });
    await saveBytes(out, new TextEncoder().encode(page));
  }
  say(...summaryLines(report));
  if (out !== undefined) say(`report: ${written(out, isReplaced)}`);
  if (json === true) await print(`${JSON.stringify(report)}\n`);
}
