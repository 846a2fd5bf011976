import { type Json, ModelFileError, type ModelFileReason, OptionError } from "@pushforward/core/plain";

/** Limits for a JSON text from an untrusted file. */
export interface JsonLimits {
  /** Nesting of arrays and objects. */
  readonly maxDepth: number;
  /** Number of arrays, objects and their entries, about. */
  readonly maxValues: number;
  /** Refuses `-1`, `1.0` and `1e3`. */
  readonly integersOnly?: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * `JSON.parse` for untrusted text. Before it builds any value, it also rejects duplicate keys (`JSON.parse` silently
 * keeps the last), strings that are not well-formed Unicode, and text that exceeds the limits. An own key `__proto__`
 * is data here like any other key: no code copies it by assignment.
 *
 * @throws {ModelFileError} with the given reason, or `limit`.
 */
export function parseJson(text: string, where: string, reason: ModelFileReason, limits: JsonLimits): Json {
  scan(text, where, reason, limits);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ModelFileError(reason, `${where}: expected JSON, got text that is not (${(cause as Error).message}).`, {
      cause,
    });
  }
  return value;
}

function scan(text: string, where: string, reason: ModelFileReason, limits: JsonLimits): void {
  const containers: (Set<string> | undefined)[] = [];
  let values = 0;
  const count = (): void => {
    values += 1;
    if (values > limits.maxValues) {
      throw new ModelFileError("limit", `${where}: expected at most ${limits.maxValues} values, got more.`);
    }
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const start = i + 1;
      let escaped = false;
      for (i = start; i < text.length && text.charCodeAt(i) !== QUOTE; i++) {
        if (text.charCodeAt(i) === BACKSLASH) {
          escaped = true;
          i += 1;
        }
      }
      const keys = containers.at(-1);
      const isKey = keys !== undefined && nextToken(text, i + 1) === COLON;
      if (!escaped && !isKey) continue;
      const string = escaped ? unescapeString(text.slice(start, i), where, reason) : text.slice(start, i);
      if (!isKey) continue;
      if (keys.has(string)) {
        throw new ModelFileError(reason, `${where}: expected unique keys, got ${abbreviate(string)} twice.`);
      }
      keys.add(string);
    } else if (c === 0x7b || c === 0x5b) {
      containers.push(c === 0x7b ? new Set() : undefined);
      count();
      if (containers.length > limits.maxDepth) {
        throw new ModelFileError(
          "limit",
          `${where}: expected JSON nested at most ${limits.maxDepth} deep, got deeper.`,
        );
      }
    } else if (c === 0x7d || c === 0x5d) {
      containers.pop();
    } else if (c === COMMA) {
      count();
    } else if (limits.integersOnly === true && (c === 0x2d || c === 0x2e || c === 0x45 || c === 0x65)) {
      throw new ModelFileError(reason, `${where}: expected integers, got "${text.slice(Math.max(0, i - 8), i + 8)}".`);
    }
  }
}

function nextToken(text: string, from: number): number {
  let i = from;
  let c = text.charCodeAt(i);
  while (c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d) c = text.charCodeAt(++i);
  return c;
}

function unescapeString(raw: string, where: string, reason: ModelFileReason): string {
  let string: string;
  try {
    string = JSON.parse(`"${raw}"`);
  } catch (cause) {
    throw new ModelFileError(reason, `${where}: expected JSON, got a string that is not well formed.`, { cause });
  }
  if (!isWellFormed(string)) {
    throw new ModelFileError(reason, `${where}: expected well-formed Unicode, got half of a surrogate pair.`);
  }
  return string;
}

/** True when every surrogate has its partner: only such strings survive UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/**
 * `JSON.stringify` without its silent losses: `-0` keeps its sign, and NaN, infinities, `undefined`, class instances
 * and half surrogates are refused.
 *
 * @throws {OptionError} the value is not JSON; names the place.
 */
export function formatJson(value: Json, where: string): string {
  const refuse = (path: string, expected: string, got: string): never => {
    throw new OptionError(`${where}: expected ${expected} at ${path}, got ${got}.`);
  };
  const string = (text: string, path: string): string =>
    isWellFormed(text) ? JSON.stringify(text) : refuse(path, "well-formed Unicode", "half of a surrogate pair");
  const format = (v: unknown, path: string, depth: number): string => {
    if (depth > 1_000) refuse("$", "JSON without cycles", "one");
    if (v === null || typeof v === "boolean") return String(v);
    if (typeof v === "number") {
      if (!Number.isFinite(v)) refuse(path, "a finite number", String(v));
      return Object.is(v, -0) ? "-0" : String(v);
    }
    if (typeof v === "string") return string(v, path);
    if (Array.isArray(v)) return `[${Array.from(v, (item, i) => format(item, `${path}[${i}]`, depth + 1)).join(",")}]`;
    if (typeof v === "object") {
      const prototype: unknown = Object.getPrototypeOf(v);
      if (prototype === Object.prototype || prototype === null) {
        const entries = Object.entries(v).map(
          ([key, item]) => `${string(key, path)}:${format(item, `${path}.${key}`, depth + 1)}`,
        );
        return `{${entries.join(",")}}`;
      }
      return refuse(path, "plain JSON", `an instance of ${v.constructor.name}`);
    }
    return refuse(path, "plain JSON", typeof v);
  };
  return format(value, "$", 0);
}

/** Text of an untrusted file as an error message shows it. */
export function abbreviate(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
