import { appendFileSync } from "node:fs";

/** Appends a measured number to the file named by PUSHFORWARD_FIGURES; if the variable is unset, it writes no file. */
export function figure(name: string, value: unknown): void {
  const file = process.env["PUSHFORWARD_FIGURES"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}
