import { cpuSeconds } from "@pushforward/core/plain";
import { saveBytes } from "@pushforward/serialization/node";
import type { BackendName } from "pushforward";
import { UsageError } from "../errors/user-error.ts";
import { fileOrQuery } from "../options/read-options.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { print, say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { makeReport } from "../report/make-report.ts";
import { reportPage } from "../report/page/report-page.ts";
import { ReportModel } from "../report/report-model.ts";
import { type RowChoice, reportRows } from "../report/report-rows.ts";
import { summaryLines } from "../report/summary-lines.ts";
import type { TableReport } from "../report/table-report.ts";
import { located } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";

interface ReportOptions extends RowChoice {
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly backend: BackendName;
}

/** Runs `pushforward report`. */
export async function runReport(modelFile: string, data: string | undefined, options: ReportOptions): Promise<void> {
  const { out, force, json, holdout, seed } = options;
  const dataFile = fileOrQuery(data, options);
  if (out === undefined && json !== true) {
    throw new UsageError("report: expected --out with a file for the page, or --json, got neither.");
  }
  const inputs = [modelFile, dataFile, ...(holdout === undefined ? [] : [holdout])];
  const isReplaced = out !== undefined && (await checkTarget({ path: out, inputs, replaces: "report", force }));
  const started = { wall: performance.now(), cpu: cpuSeconds() ?? 0 };
  const loaded = await loadTableModel(modelFile);
  const model = new ReportModel(loaded);
  const rows = await reportRows(model, dataFile, options);
  await startBackend(options.backend);
  const { report: made, synthetic } = await makeReport(model, rows, seed, (what) => say(what));
  const report: TableReport = {
    ...{ model: modelFile, data: dataFile, seed },
    ...made,
    seconds: (performance.now() - started.wall) / 1000,
    cpuSeconds: (cpuSeconds() ?? 0) - started.cpu,
  };
  if (out !== undefined) {
    const page = reportPage(report, { model, real: rows.training, synthetic });
    await saveBytes(located(out), new TextEncoder().encode(page));
  }
  say(...summaryLines(report));
  if (out !== undefined) say(`report: ${written(out, isReplaced)}`);
  if (json === true) await print(`${JSON.stringify(report)}\n`);
}
