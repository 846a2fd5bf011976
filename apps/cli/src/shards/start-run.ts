import { randomBytes } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors/user-error.ts";
import { located } from "../run/program-io.ts";
import type { RunPlan } from "./run-plan.ts";
import { ShardFolder } from "./shard-folder.ts";

/** What a coordinator knows of a run before it begins. */
export type DraftPlan = Omit<RunPlan, "format" | "version" | "run">;

/** A run that is under way. */
export interface StartedRun {
  readonly folder: ShardFolder;
  readonly plan: RunPlan;
}

/**
 * Begins a run in a folder, or goes on with the one that is there.
 *
 * @throws {UserError} the folder holds something else, or the run that is there is another one.
 */
export async function startRun(
  out: string,
  draft: DraftPlan,
  { resume = false, force = false }: { readonly resume?: boolean | undefined; readonly force?: boolean | undefined },
): Promise<StartedRun> {
  await mkdir(located(out), { recursive: true }).catch((error: Error) => {
    throw new UserError(`--out ${out}: expected a folder, got ${error.message}.`);
  });
  const folder = new ShardFolder(await realpath(located(out)));
  const isEmpty = await folder.isEmpty();
  const old = isEmpty || force ? undefined : await folder.plan();
  if (!resume && !force && !isEmpty) {
    throw new UserError(
      old === undefined
        ? `--out ${out}: expected an empty folder, got one with other files.`
        : `--out ${out}: expected an empty folder, got one with a run. Go on with it by --resume, or begin again with --force.`,
    );
  }
  const run = old?.run ?? randomBytes(8).toString("hex");
  const plan: RunPlan = JSON.parse(JSON.stringify({ format: "pushforward shards", version: 1, run, ...draft }));
  if (old === undefined) await folder.begin(plan);
  else if (!isDeepStrictEqual(plan, old)) {
    checkSameRun(out, plan, old);
    await folder.renew(plan);
  }
  return { folder, plan };
}

/** The same but for files that have changed, which are scored again. */
function checkSameRun(out: string, plan: RunPlan, old: RunPlan): void {
  const parts = { model: "model", backend: "--backend", output: "--format", shards: "files, or --shard-rows" } as const;
  for (const [key, words] of Object.entries(parts)) {
    if (isDeepStrictEqual(plan[key as keyof typeof parts], old[key as keyof typeof parts])) continue;
    throw new UserError(
      `--resume: expected the ${words} of the run in ${out}, got another. Begin again with --force, or in another folder.`,
    );
  }
  if (isDeepStrictEqual(optionsOf(plan), optionsOf(old))) return;
  throw new UserError(
    `--resume: expected the files and options of the run in ${out}, got others. Begin again with --force, or in another folder.`,
  );
}

function optionsOf({ task, escapeFormulas }: RunPlan): unknown {
  return [escapeFormulas, task.type === "score" ? { ...task, files: task.files.map(({ path }) => path) } : task];
}
