import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import { compileDateFormat } from "../dates/date-format.ts";
import { type NumberFormat, VARIABLE_KINDS, type Variable } from "./variable.ts";

const MOST_ROWS = Number.MAX_SAFE_INTEGER;
/** Longest sign, separator or format that a model file may ask for. */
const LONGEST_TEXT = 64;

/** Variables as JSON, for the metadata of a model file. */
export function variablesToJson(variables: readonly Variable[]): Json {
  return variables.map((variable) => {
    const { words, missing, numberFormat, bounds, levels, ...rest } = variable;
    return {
      ...rest,
      ...(numberFormat !== undefined && { numberFormat: { ...numberFormat } }),
      ...(bounds !== undefined && { bounds: [...bounds] }),
      ...(levels !== undefined && { levels: [...levels] }),
      ...(words !== undefined && { words: [...words] }),
      ...(missing !== undefined && { missing: [...missing] }),
    };
  });
}

/**
 * Reads variables written by {@link variablesToJson}.
 *
 * @throws {ModelFileError} a field is missing, has the wrong type or is out of range, or two variables share a name.
 */
export function variablesFromJson(json: Json): Variable[] {
  const items = new ConfigReader("variables", { variables: json }).array("variables");
  const names = new Set<string>();
  return items.map((item) => {
    const variable = readVariable(new ConfigReader("variables", item));
    if (names.has(variable.name)) fail(`expected different names, got ${JSON.stringify(variable.name)} twice.`);
    names.add(variable.name);
    return variable;
  });
}

function readVariable(reader: ConfigReader): Variable {
  const kind = reader.oneOf("kind", VARIABLE_KINDS);
  const rows = reader.count("rows", { min: 0, max: MOST_ROWS });
  const variable: Variable = {
    name: reader.string("name"),
    kind,
    ...(reader.has("step") && { step: reader.number("step", { min: Number.MIN_VALUE }) }),
    ...(reader.has("bounds") && { bounds: readBounds(reader) }),
    ...(reader.has("levels") && { levels: readLevels(reader) }),
    ...(reader.has("format") && { format: dateFormat(reader) }),
    ...(reader.has("numberFormat") && {
      numberFormat: readNumberFormat(new ConfigReader("variables.numberFormat", reader.raw("numberFormat"))),
    }),
    ...(reader.has("words") && { words: readWords(reader) }),
    ...(reader.has("min") && { min: reader.number("min") }),
    ...(reader.has("max") && { max: reader.number("max") }),
    ...(reader.has("type") && { type: shortText(reader, "type") }),
    ...(reader.has("missing") && { missing: reader.strings("missing") }),
    rows,
    missingRows: reader.count("missingRows", { min: 0, max: rows }),
    distinct: reader.count("distinct", { min: 0, max: rows }),
  };
  reader.end();
  if (kind === "date" && variable.format === undefined) fail("expected a format of a date, got none.");
  const isBounded = kind === "interval" || kind === "circular";
  if (isBounded !== (variable.bounds !== undefined)) {
    fail(`expected ${isBounded ? "bounds" : "no bounds"} of column ${JSON.stringify(variable.name)} of kind ${kind}.`);
  }
  if ((kind === "ordinal") !== (variable.levels !== undefined)) {
    fail(
      `expected ${kind === "ordinal" ? "levels" : "no levels"} of column ${JSON.stringify(variable.name)} of kind ${kind}.`,
    );
  }
  const { min, max } = variable;
  if ((min === undefined) !== (max === undefined) || (min !== undefined && max !== undefined && min > max)) {
    fail(`expected min of at most max, got ${min} and ${max}.`);
  }
  return variable;
}

function dateFormat(reader: ConfigReader): string {
  const format = shortText(reader, "format");
  if (compileDateFormat(format) === undefined) fail(`expected a format of dates, got ${JSON.stringify(format)}.`);
  return format;
}

function readBounds(reader: ConfigReader): readonly [number, number] {
  const [low, high, ...others] = reader.numbers("bounds");
  if (low === undefined || high === undefined || others.length > 0 || !(high > low))
    fail("expected two bounds that rise.");
  return [low, high];
}

function readLevels(reader: ConfigReader): readonly string[] {
  const levels = reader.strings("levels");
  if (levels.length < 2 || new Set(levels).size < levels.length) fail("expected at least two different levels.");
  return levels;
}

function readWords(reader: ConfigReader): readonly [string, string] {
  const [no, yes, ...others] = reader.strings("words");
  if (no === undefined || yes === undefined || others.length > 0) fail("expected two words of a boolean.");
  return [no, yes];
}

function readNumberFormat(reader: ConfigReader): NumberFormat {
  const format: NumberFormat = {
    ...(reader.has("decimals") && { decimals: reader.count("decimals", { min: 0, max: 15 }) }),
    ...(reader.has("significant") && { significant: reader.count("significant", { max: 17 }) }),
    ...(reader.has("padded") && { padded: reader.boolean("padded") }),
    ...(reader.has("decimal") && { decimal: reader.oneOf("decimal", [","]) }),
    ...(reader.has("thousands") && { thousands: shortText(reader, "thousands") }),
    ...(reader.has("prefix") && { prefix: shortText(reader, "prefix") }),
    ...(reader.has("suffix") && { suffix: shortText(reader, "suffix") }),
    ...(reader.has("negative") && { negative: reader.oneOf("negative", ["parentheses"]) }),
    ...(reader.has("digits") && { digits: reader.count("digits", { max: 400 }) }),
  };
  reader.end();
  return format;
}

function shortText(reader: ConfigReader, name: string): string {
  const text = reader.string(name);
  if (text.length > LONGEST_TEXT) fail(`${name}: expected at most ${LONGEST_TEXT} characters, got ${text.length}.`);
  return text;
}

function fail(message: string): never {
  throw new ModelFileError("config", `variables: ${message}`);
}
