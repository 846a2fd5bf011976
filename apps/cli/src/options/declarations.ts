import { InvalidArgumentError } from "commander";
import { OptionError } from "pushforward";
import { type ColumnDeclarations, parseDeclarations } from "pushforward/extend";

/** What columns are: `age:integer,when:date`. */
export function declarations(text: string): ColumnDeclarations {
  try {
    return parseDeclarations(text);
  } catch (error) {
    if (error instanceof OptionError) throw new InvalidArgumentError(error.message.replace(/^declare: /, ""));
    throw error;
  }
}
