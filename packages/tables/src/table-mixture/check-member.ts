import { OptionError } from "@pushforward/core";
import { listNames } from "@pushforward/datasets";
import type { TableDensity } from "../density/table-density.ts";
import { NumericFlow } from "../numeric-flow/numeric-flow.ts";
import { freeColumns } from "./free-columns.ts";
import type { TableMember } from "./table-member.ts";

/**
 * Checks that a member of a mixture has the columns that it needs.
 *
 * @throws {OptionError} it has others.
 */
export function checkMember(density: TableDensity, member: TableMember): void {
  const free = freeColumns(density.columns);
  if (!(member instanceof NumericFlow)) {
    const own = [...density.given, ...free];
    const known = new Set(member.columns.map(({ name }) => name));
    if (known.size === own.length && own.every((name) => known.has(name))) return;
    throw new OptionError(
      `TableMixture: expected a mixture of the ${own.length} columns that do not follow from others, got one of ${known.size}.`,
    );
  }
  const last = free.slice(-member.columns.length);
  const isLast = member.columns.every((name) => last.includes(name));
  if (isLast && last.length === member.columns.length) return;
  throw new OptionError(
    `TableMixture: expected a flow of the last columns, ${listNames(last)}, got one of ${listNames([...member.columns])}.`,
  );
}
