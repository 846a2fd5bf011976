/** Where an operation can be called: a command of the command line, a route of the server, a tool for agents. */
export type Surface = "command" | "route" | "tool";

/**
 * Type of an option. `model`, `table` and `output` are files; a table is `rows` or `columns` in the body of a request.
 * `off` is a flag that switches a feature off. `conditions` are a text such as `age=30,size>=2` on the command line,
 * and an object by column in the body of a request.
 */
export type OptionType =
  | "model"
  | "table"
  | "output"
  | "path"
  | "integer"
  | "fraction"
  | "positive"
  | "flag"
  | "off"
  | "text"
  | "word"
  | "names"
  | "conditions"
  | "declarations"
  | "widths"
  | "threads"
  | "heldOut"
  | "contaminated";

/** Properties that may differ between surfaces. */
interface OptionDetails {
  /** One sentence without a full stop, as the help of a command prints it. */
  readonly help: string;
  readonly isRequired?: boolean;
  readonly default?: string | number | boolean;
  /** The smallest and the largest integer. */
  readonly min?: number;
  readonly max?: number;
  /** Endings of the names of files that are written. */
  readonly endings?: readonly string[];
}

/** An option of an operation. */
export interface OptionDescription extends OptionDetails {
  readonly type: OptionType;
  /** Default: all surfaces of the operation. */
  readonly on?: readonly Surface[];
  /**
   * `true` if it counts rows of the answer. {@link MOST_ANSWER_ROWS} limits such counts unless the rows are written to
   * a file.
   */
  readonly countsRows?: boolean;
  /** Allowed values of a `word`. */
  readonly words?: readonly string[];
  /** Single-letter flag of the command. */
  readonly letter?: string;
  /** Placeholder after the flag in the help of the command, for instance `<n>`. A table without it is an argument. */
  readonly value?: string;
  /** Differences on a surface. */
  readonly but?: Readonly<Partial<Record<Surface, Partial<OptionDetails> & { readonly name?: string }>>>;
}

/** A JSON schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A field of the answer in JSON. */
export interface AnswerField {
  readonly schema: JsonSchema;
  /** Default: route and tool. */
  readonly on?: readonly Surface[];
  /** `true` if an answer may lack it. */
  readonly isOptional?: boolean;
}

/** Description of an operation, available before its code is loaded. */
export interface OperationDescription {
  /** The name of the route and the tool, and of the command where `command` names none. */
  readonly name: OperationName;
  /** One sentence. */
  readonly help: string;
  readonly on: readonly Surface[];
  /** The command that has the options of this operation in addition to its own. */
  readonly command?: string;
  readonly usage?: string;
  readonly options: Readonly<Record<string, OptionDescription>>;
  readonly answer: Readonly<Record<string, AnswerField>>;
  /** Output that the command prints for the tool, and the flags that this output needs. */
  readonly prints?: "json" | "rows" | "notes";
  readonly flags?: readonly string[];
}

/** Names of operations. */
export type OperationName =
  | "fit"
  | "score"
  | "explain"
  | "sample"
  | "given"
  | "impute"
  | "report"
  | "inspect"
  | "probability"
  | "watch";

/** Maximum number of rows of an answer, which is kept in memory. A server may have a different limit (`--max-rows`). */
export const MOST_ANSWER_ROWS = 100_000;

/** Maximum number of rows in a file: more would fill any disk. */
export const MOST_FILE_ROWS = 1_000_000_000_000;

/** Maximum number of rows in a file of a tool: its caller cannot confirm the use of the disk. */
export const MOST_TOOL_ROWS = 1_000_000;

/** Maximum number of rows that a report keeps in memory. */
export const MOST_REPORT_ROWS = 1_000_000;

/** Maximum number of draws for a row or an answer. */
export const MOST_DRAWS = 100_000;

/** Maximum number of filled tables. */
export const MOST_TABLES = 1000;

/** An option as a surface has it. */
export type SurfaceOption = OptionDescription & { readonly name: string; readonly key: string };

/**
 * Returns the options of an operation on a surface, with the differences of the surface applied.
 * @example
 * optionsOn(operationNamed("impute"), "route").map(({ name }) => name).includes("only"); // → true
 */
export function optionsOn({ options }: OperationDescription, surface: Surface): readonly SurfaceOption[] {
  return Object.entries(options).flatMap(([key, { but, ...option }]) =>
    option.on === undefined || option.on.includes(surface) ? [{ name: key, ...option, ...but?.[surface], key }] : [],
  );
}
