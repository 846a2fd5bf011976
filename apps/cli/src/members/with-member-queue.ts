import type { MemberTrainer } from "@pushforward/auto/extend";
import type { FitCommandOptions } from "../fit/fit-command-options.ts";
import type { Voice } from "../fit/voice.ts";
import { MemberQueue } from "./member-queue.ts";

/**
 * Runs a fit whose members are trained by workers. The folder in which they exchange files is removed when the model is saved,
 * and stays for `--resume` when something fails.
 */
export async function withMemberQueue(
  { out, jobs = `${out}.jobs`, redis = "", backend, resume, force }: FitCommandOptions,
  { showsProgress }: Voice,
  run: (trainer: MemberTrainer) => Promise<void>,
): Promise<void> {
  const members = await MemberQueue.open({ jobs, redis, backend, resume, force, showsProgress });
  try {
    await run(members.trainer);
    await members.remove();
  } finally {
    members.close();
  }
}
