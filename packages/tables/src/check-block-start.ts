import { OptionError } from "@pushforward/core";

/** @throws {OptionError} rows are asked for from a place where no block begins. */
export function checkBlockStart(where: string, from: number, blockRows: number): void {
  if (Number.isSafeInteger(from) && from >= 0 && from % blockRows === 0) return;
  throw new OptionError(`${where}: expected from as a multiple of ${blockRows}, got ${from}.`);
}
