import type { BackendName } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { RUN_ID } from "../shards/run-plan.ts";

/** What the machines that train the members of a fit know of it, beside the task of each member. */
export interface MemberPlan {
  readonly format: "pushforward members";
  readonly version: 1;
  /** Tells runs apart that use the same folder one after the other. */
  readonly run: string;
  readonly backend: BackendName;
}

/**
 * Reads a plan, which may come from a damaged file or from another version.
 *
 * @throws {UserError} it is no plan.
 */
export function parseMemberPlan(text: string, file: string): MemberPlan {
  const plan = parsed(text);
  const problem = problemOf(plan);
  if (problem !== undefined) throw new UserError(`${file}: expected the plan of a fit, got ${problem}.`);
  return plan as unknown as MemberPlan;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function problemOf({ format, version, run, backend }: Readonly<Record<string, unknown>>): string | undefined {
  if (format !== "pushforward members") return "something else";
  if (version !== 1) return `version ${JSON.stringify(version)}, which another release wrote`;
  if (typeof run !== "string" || !RUN_ID.test(run)) return 'one in which "run" is wrong';
  return backend === "wasm" || backend === "cpu" ? undefined : 'one in which "backend" is wrong';
}
