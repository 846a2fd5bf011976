import type { Key } from "@pushforward/core";
import { type ConditionalFlow, type Flow, iaf, maf, nsf, realNvp } from "@pushforward/flows";

/** Options that all architectures share. */
export interface SharedOptions {
  readonly features: number;
  readonly key: Key;
  readonly context: number | undefined;
  readonly hidden?: readonly number[];
  readonly transforms?: number;
}

/** Every architecture of the library, both forms of `nsf` apart. */
export const architectures: Readonly<Record<string, (options: SharedOptions) => Flow | ConditionalFlow>> = {
  maf: (options) => maf(options),
  iaf: (options) => iaf(options),
  "nsf, autoregressive": (options) => nsf(options),
  "nsf, coupling": (options) => nsf({ ...options, coupling: true }),
  realNvp: (options) => realNvp(options),
};
