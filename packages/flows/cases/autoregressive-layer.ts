import { Made, type MadeOptions } from "@pushforward/conditioners";
import type { Key } from "@pushforward/core";
import { Autoregressive, type AutoregressiveOptions } from "../src/schemes/autoregressive.ts";
import { small } from "./small.ts";

/** An autoregressive layer of a small network. */
export function autoregressive(
  key: Key,
  family: AutoregressiveOptions["family"],
  orientation: AutoregressiveOptions["orientation"],
  options: Partial<MadeOptions> & { readonly features: number },
): Autoregressive {
  const conditioner = new Made({ outputsPerVariable: family.parameterCount, key, ...small, ...options });
  return new Autoregressive({ conditioner, family, ...(orientation && { orientation }) });
}
