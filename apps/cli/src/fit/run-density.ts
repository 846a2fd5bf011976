import { cpuSeconds } from "@pushforward/core/plain";
import { ANOMALIES } from "@pushforward/questions/extend";
import { tableVariablesToJson } from "@pushforward/tables/extend";
import { type AnomalyScore, type Json, standardRegistry, type UnderstoodTable } from "pushforward";
import { saveModel } from "pushforward/node";
import { written } from "../output/check-target.ts";
import { print, printLines, say } from "../output/terminal.ts";
import { located, programIo, stoppable } from "../run/program-io.ts";
import { densityNextSteps, densityReportLines, densityReportOf, type FinishedDensity } from "./density-report.ts";
import { fitDensity } from "./fit-density.ts";
import type { FitJob } from "./fit-job.ts";
import { learnAnomalies } from "./learn-anomalies.ts";
import { endIfStopped, orSave } from "./stop.ts";

/** Learns the density of a table of any columns. */
export function runDensity(job: FitJob, found: UnderstoodTable): Promise<void> {
  return stoppable(() => learnDensity(job, found));
}

async function learnDensity(
  { file, source, options, voice, isReplaced }: FitJob,
  found: UnderstoodTable,
): Promise<void> {
  const { out, seed } = options;
  const { variables, learned } = found;
  const started = { wall: performance.now(), cpu: cpuSeconds() ?? 0 };
  const fitted = await fitDensity(found, options, voice, source);
  endIfStopped(options);
  const { model } = fitted.result;
  const reason = programIo().signal.aborted ? "aborted" : fitted.result.reason;
  const about = { stopped: reason, seed };
  let anomalies: AnomalyScore | undefined;
  const save = (fit: { readonly [key: string]: Json }): Promise<void> =>
    saveModel(located(out), model, standardRegistry, {
      metadata: { table: tableVariablesToJson(variables), fit },
      companions: anomalies && { [ANOMALIES]: anomalies },
    });
  const columns = learned.map(({ name }) => name);
  const steps = new Map(learned.map(({ name, step }) => [name, step ?? 0]));
  const finished = async (): Promise<FinishedDensity> => {
    if (reason !== "aborted") {
      anomalies = await learnAnomalies({ table: fitted.parts.train, columns, steps }, options, voice);
    }
    return {
      ...{ fitted, variables, learned, model: out, notices: voice.notices },
      seconds: (performance.now() - started.wall) / 1000,
      cpuSeconds: (cpuSeconds() ?? 0) - started.cpu,
    };
  };
  const [done, report] = await orSave(
    async () => {
      const fit = await finished();
      return [fit, await densityReportOf(fit)] as const;
    },
    () => save(about),
  );
  if (reason !== "aborted") endIfStopped(options);
  await save({ ...report, ...about });
  if (reason === "completed") await fitted.checkpoint?.remove();
  if (voice.quiet) {
    await print(`${JSON.stringify(report)}\n`);
    return;
  }
  say(`stopped: ${reason}; ${report.seconds.toFixed(1)} s`);
  const last = [`model: ${written(out, isReplaced)}`, ...densityNextSteps(file, out, options, model.given)];
  await printLines([...densityReportLines(done, report), ...last]);
}
