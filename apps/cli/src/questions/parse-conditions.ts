import { UsageError } from "../errors/user-error.ts";

/** A condition as the user wrote it. */
export interface WrittenCondition {
  readonly column: string;
  readonly operator: "=" | "<" | "<=" | ">" | ">=";
  /** What stands behind the operator, without quotes; empty for a missing cell. */
  readonly value: string;
}

const OPERATORS = [">=", "<=", "=", ">", "<"] as const;

/**
 * Conditions such as `age=30,income>50000,"marital status"=single`. A name or value that holds a comma stands in double
 * quotes. The longest name of a column that fits is meant.
 *
 * @throws {UsageError} a condition without the name of a column or an operator.
 */
export function parseConditions(text: string, columns: readonly string[]): readonly WrittenCondition[] {
  return splitTerms(text).map((term) => {
    const longest = [...columns].sort((a, b) => b.length - a.length);
    for (const column of longest) {
      for (const name of [column, `"${column.replaceAll('"', '""')}"`]) {
        if (!term.startsWith(name)) continue;
        const rest = term.slice(name.length).trimStart();
        const operator = OPERATORS.find((candidate) => rest.startsWith(candidate));
        if (operator !== undefined) return { column, operator, value: unquoted(rest.slice(operator.length).trim()) };
      }
    }
    throw new UsageError(
      `--given: expected conditions such as age=30 on the columns ${columns.join(", ")}, got ${term}.`,
    );
  });
}

/** The parts between commas that stand outside of double quotes. */
function splitTerms(text: string): string[] {
  const terms = text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return terms.map((term) => term.trim()).filter((term) => term !== "");
}

function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replaceAll('""', '"') : value;
}
