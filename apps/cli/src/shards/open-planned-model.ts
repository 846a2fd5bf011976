import type { LoadedModel } from "@pushforward/questions/extend";
import { UserError } from "../errors/user-error.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { fileHash } from "./planned-file.ts";
import type { RunPlan } from "./run-plan.ts";

/** The model of the last shard: the next one mostly has the same. */
let last: { readonly sha256: string; readonly model: Promise<LoadedModel> } | undefined;

/**
 * The model of a run.
 *
 * @throws {UserError} the file is another one than that of the plan.
 */
export function openPlannedModel({ path, sha256 }: RunPlan["model"]): Promise<LoadedModel> {
  if (last?.sha256 === sha256) return last.model;
  const model = open(path, sha256);
  last = { sha256, model };
  model.catch(() => {
    last = undefined;
  });
  return model;
}

async function open(path: string, sha256: string): Promise<LoadedModel> {
  const found = await fileHash(path);
  if (found !== sha256) {
    throw new UserError(`${path}: expected the model with the SHA-256 ${sha256}, got one with ${found}.`);
  }
  return await loadTableModel(path);
}
