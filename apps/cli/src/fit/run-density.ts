import { ANOMALIES } from "@pushforward/answers";
import { type AnomalyScore, type Json, standardRegistry } from "pushforward";
import { cpuSeconds, tableVariablesToJson, type UnderstoodTable } from "pushforward/extend";
import { saveModel } from "pushforward/node";
import { written } from "../output/check-target.ts";
import { print, printLines, say } from "../output/terminal.ts";
import { located } from "../run/program-io.ts";
import { densityNextSteps, densityReportLines, densityReportOf, type FinishedDensity } from "./density-report.ts";
import { fitDensity } from "./fit-density.ts";
import type { FitJob } from "./fit-job.ts";
import { learnAnomalies } from "./learn-anomalies.ts";

/** Learns the density of a table of any columns. */
export async function runDensity(
  { file, source, options, voice, isReplaced }: FitJob,
  found: UnderstoodTable,
): Promise<void> {
  const { out, seed } = options;
  const { variables, learned } = found;
  const started = { wall: performance.now(), cpu: cpuSeconds() ?? 0 };
  const fitted = await fitDensity(found, options, voice, source);
  const { model, reason } = fitted.result;
  const about = { stopped: reason, seed };
  let anomalies: AnomalyScore | undefined;
  const save = (fit: { readonly [key: string]: Json }): Promise<void> =>
    saveModel(located(out), model, standardRegistry, {
      metadata: { table: tableVariablesToJson(variables), fit },
      companions: anomalies && { [ANOMALIES]: anomalies },
    });
  // Once now, so that nothing that follows can lose it, and once with the figures.
  await save(about);
  const columns = learned.map(({ name }) => name);
  if (reason !== "aborted") {
    const steps = new Map(learned.map(({ name, step }) => [name, step ?? 0]));
    anomalies = await learnAnomalies({ table: fitted.parts.train, columns, steps }, options, voice);
  }
  const finished: FinishedDensity = {
    ...{ fitted, variables, learned, model: out, notices: voice.notices },
    seconds: (performance.now() - started.wall) / 1000,
    cpuSeconds: (cpuSeconds() ?? 0) - started.cpu,
  };
  const report = await densityReportOf(finished);
  await save({ ...report, ...about });
  if (reason === "completed") await fitted.checkpoint?.remove();
  if (voice.quiet) {
    await print(`${JSON.stringify(report)}\n`);
    return;
  }
  say(`stopped: ${reason}; ${report.seconds.toFixed(1)} s`);
  const { checkpoint } = options;
  if (reason === "aborted" && checkpoint !== undefined)
    say(`the same command with --resume goes on from ${checkpoint}`);
  const last = [`model: ${written(out, isReplaced)}`, ...densityNextSteps(file, out, options, model.given)];
  await printLines([...densityReportLines(finished, report), ...last]);
}
