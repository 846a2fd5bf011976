import type { Table, Variable } from "pushforward";
import type { MarginalPicture } from "../../shared/table-protocol.ts";
import { columnBars } from "./column-bars.ts";

/** The data and samples of a column as bars. One of the two may be absent. */
export function marginalPicture(
  variable: Variable,
  data: Table | undefined,
  samples: Table | undefined,
): MarginalPicture {
  const reference = data ?? samples;
  if (reference === undefined) throw new Error("marginalPicture: expected data or samples, got none.");
  const { axis, sharesOf, missingOf } = columnBars(variable, reference);
  const part = <T>(of: (table: Table) => T): { data?: T; samples?: T } => ({
    ...(data !== undefined && { data: of(data) }),
    ...(samples !== undefined && { samples: of(samples) }),
  });
  const missing = part((table) => missingOf(table));
  const isMissing = [missing.data, missing.samples].some((share) => (share ?? 0) > 0);
  return {
    ...{ column: variable.name, axis },
    ...part((table) => sharesOf(table)),
    ...(isMissing && { missing }),
  };
}
