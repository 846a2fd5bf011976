import { suggestedName } from "@pushforward/core/plain";
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
export function parseConditions(
  text: string,
  columns: readonly string[],
  option: string = "--given",
): readonly WrittenCondition[] {
  return splitTerms(text).map((term) => {
    const { column, operator, rest } = readTerm(option, "age=30", term, columns, OPERATORS);
    return { column, operator, value: unquoted(rest) };
  });
}

/** What stands behind the name of a column and an operator. */
export interface ReadTerm<Operator> {
  readonly column: string;
  readonly operator: Operator;
  readonly rest: string;
}

/**
 * Reads the name of a column and an operator; the longest name that fits is meant.
 *
 * @param example for the error. @param operators longer ones first.
 * @throws {UsageError} there is no such name, or no operator behind it.
 */
export function readTerm<Operator extends string>(
  option: string,
  example: string,
  term: string,
  columns: readonly string[],
  operators: readonly Operator[],
): ReadTerm<Operator> {
  const longest = [...columns].sort((a, b) => b.length - a.length);
  for (const column of longest) {
    for (const name of [column, `"${column.replaceAll('"', '""')}"`]) {
      if (!term.startsWith(name)) continue;
      const behind = term.slice(name.length).trimStart();
      const operator = operators.find((candidate) => behind.startsWith(candidate));
      if (operator !== undefined) return { column, operator, rest: behind.slice(operator.length).trim() };
    }
  }
  const name = (/^[^<>=!]*/.exec(term)?.[0] ?? "").trim();
  throw new UsageError(
    `${option}: expected conditions such as ${example} on the columns ${columns.join(", ")}, got ${term}.` +
      suggestedName(name, columns),
  );
}

/** The parts between commas that stand outside of double quotes. */
export function splitTerms(text: string): string[] {
  const terms = text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return terms.map((term) => term.trim()).filter((term) => term !== "");
}

/** A value without the double quotes around it. */
export function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replaceAll('""', '"') : value;
}
