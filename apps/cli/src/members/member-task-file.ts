import type { MemberTask } from "@pushforward/auto/extend";
import { keyFromWords } from "@pushforward/core/plain";
import { loadModel } from "@pushforward/serialization/node";
import { ConditionalFlow, encodeModel, Flow, type Json, standardRegistry } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { MemberRows } from "./member-rows.ts";

/** A task without its rows, which all members of a fit share. */
export interface StoredTask {
  readonly task: Omit<MemberTask, keyof MemberRows>;
  /** The SHA-256 of the file with the rows. */
  readonly rows: string;
}

/** The fields of a task in the metadata of its file. */
interface StoredFields extends Pick<MemberTask, "index" | "kind" | "threads" | "training"> {
  readonly rows: string;
  readonly key: MemberTask["key"]["words"];
}

const FORMAT = "pushforward member";
const KINDS: readonly string[] = ["mixture", "quantile", "affine", "gaussianization"] satisfies MemberTask["kind"][];

/** The bytes of a model file with a member as it starts, and how it is trained. The same task gives the same bytes. */
export function encodeTask({ member, index, kind, training, key, threads }: MemberTask, rows: string): Uint8Array {
  const { epochs, batchSize, patience, learningRate, isBaseSlow } = training;
  return encodeModel(member, standardRegistry, {
    metadata: {
      ...{ format: FORMAT, index, kind, threads, rows, key: [...key.words] },
      training: { epochs, batchSize, patience, learningRate, isBaseSlow },
    },
  });
}

/**
 * Reads the task of a member from its file.
 *
 * @throws {ModelFileError | UserError} the file is damaged, or holds something else.
 */
export async function loadTask(file: string): Promise<StoredTask> {
  const { model, metadata } = await loadModel(file, standardRegistry, { is: isMember });
  const fields = Object(metadata) as Readonly<Record<string, Json>>;
  const wrong = wrongField(fields);
  if (wrong !== undefined) {
    model.dispose();
    throw new UserError(`${file}: expected the task of a member, got one in which "${wrong}" is wrong.`);
  }
  const { index, kind, threads, rows, key, training } = fields as unknown as StoredFields;
  return { task: { member: model, index, kind, threads, training, key: keyFromWords(key) }, rows };
}

function isMember(value: unknown): value is Flow | ConditionalFlow {
  return value instanceof Flow || value instanceof ConditionalFlow;
}

function wrongField(fields: Readonly<Record<string, Json>>): string | undefined {
  const { index, kind, threads, rows, key } = fields;
  const { epochs, batchSize, patience, learningRate, isBaseSlow } = Object(fields["training"]) as typeof fields;
  const checks: Readonly<Record<string, boolean>> = {
    format: fields["format"] === FORMAT,
    index: isInteger(index, 0),
    kind: KINDS.some((name) => name === kind),
    threads: isInteger(threads, 1),
    rows: typeof rows === "string" && /^[0-9a-f]{64}$/.test(rows),
    key: Array.isArray(key) && key.length === 2 && key.every((word) => isInteger(word, 0, 2 ** 32 - 1)),
    training:
      [epochs, batchSize, patience].every((count) => isInteger(count, 1)) &&
      typeof learningRate === "number" &&
      learningRate > 0 &&
      typeof isBaseSlow === "boolean",
  };
  return Object.keys(checks).find((name) => !checks[name]);
}

function isInteger(value: Json | undefined, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
