import type { MemberTask } from "@pushforward/auto/extend";
import type { SafetensorsData } from "@pushforward/serialization/extend";
import type { TableRows } from "@pushforward/tables/extend";
import type { Json } from "pushforward";
import { UserError } from "../errors/user-error.ts";

/** The rows that the members of a fit learn from. */
export type MemberRows = Pick<MemberTask, "train" | "validation">;

/** What a file holds that is no model. */
export interface FileContents {
  readonly meta: Json;
  readonly arrays: ReadonlyMap<string, SafetensorsData>;
}

const FORMAT = "pushforward member rows";

/** Rows as what a file holds: arrays under their names, and how many columns they have. */
export function rowsToContents({ train, validation }: MemberRows): FileContents {
  const arrays = new Map<string, SafetensorsData>();
  for (const [part, rows] of [["train", train] as const, ["validation", validation] as const]) {
    arrays.set(`${part}.x`, rows.x.data);
    if (rows.context !== undefined) arrays.set(`${part}.context`, rows.context.data);
  }
  return {
    meta: { format: FORMAT, columns: train.x.shape[1] as number, context: train.context?.shape[1] ?? 0 },
    arrays,
  };
}

/**
 * The rows in the contents of a file.
 *
 * @throws {UserError} they are something else.
 */
export function rowsFromContents({ meta, arrays }: FileContents, file: string): MemberRows {
  const { format, columns, context } = Object(meta) as Readonly<Record<string, unknown>>;
  const refuse = (problem: string): never => {
    throw new UserError(`${file}: expected the rows of a fit, got ${problem}.`);
  };
  if (format !== FORMAT) refuse("something else");
  const read = (name: string, width: unknown): TableRows["x"] => {
    const data = arrays.get(name);
    if (!(data instanceof Float64Array || data instanceof Float32Array)) return refuse(`none in "${name}"`);
    const rows = data.length / (width as number);
    if (!Number.isSafeInteger(rows) || rows < 1) refuse(`${data.length} numbers for ${width} columns in "${name}"`);
    if (!data.every(Number.isFinite)) refuse(`a number in "${name}" that is not finite`);
    return { shape: [rows, width as number], data };
  };
  const part = (name: string): TableRows => {
    const x = read(`${name}.x`, columns);
    if (context === 0) return { x };
    const given = read(`${name}.context`, context);
    if (given.shape[0] !== x.shape[0]) refuse(`${given.shape[0]} contexts for ${x.shape[0]} rows in "${name}"`);
    return { x, context: given };
  };
  return { train: part("train"), validation: part("validation") };
}
