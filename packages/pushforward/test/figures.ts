import { appendFileSync } from "node:fs";

/** Appends a measured number to the file that PUSHFORWARD_FIGURES names; without it nothing is written. */
export function figure(name: string, value: unknown): void {
  const file = process.env["PUSHFORWARD_FIGURES"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}
