import type { WorkerRequest } from "../workers/messages.ts";
import { RequestError, readJson } from "./read-json.ts";

/** The options of a request, from its body or from the query of its address. */
export class RequestFields {
  private readonly left: Map<string, unknown>;
  private readonly fromQuery: ReadonlySet<string>;

  /** @param body its fields, if it is JSON. */
  constructor(body: Readonly<Record<string, unknown>>, query: Readonly<Record<string, string>>) {
    this.left = new Map([...Object.entries(body), ...Object.entries(query)]);
    this.fromQuery = new Set(Object.keys(query));
  }

  /** An integer; of digits in the query. */
  integer(name: string, { min, max, otherwise }: { min: number; max: number; otherwise?: number }): number {
    const value = this.number(name) ?? otherwise;
    if (value === undefined) throw this.wrong(name, `an integer from ${min} to ${max}`, undefined);
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw this.wrong(name, `an integer from ${min} to ${max}`, value);
  }

  /** A number between 0 and 1; undefined where there is none. */
  fraction(name: string): number | undefined {
    const value = this.number(name);
    if (value === undefined || (value > 0 && value < 1)) return value;
    throw this.wrong(name, "a number between 0 and 1", value);
  }

  flag(name: string): boolean {
    const value = this.take(name);
    const read = this.fromQuery.has(name) && (value === "true" || value === "false") ? value === "true" : value;
    if (read === undefined || typeof read === "boolean") return read ?? false;
    throw this.wrong(name, "true or false", value);
  }

  /** One of some words; the first where there is none. */
  word<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.take(name) ?? words[0];
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    throw this.wrong(name, `one of ${words.join(", ")}`, value);
  }

  /** Names of columns, with commas between them in the query; undefined where there are none. */
  names(name: string): readonly string[] | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (this.fromQuery.has(name)) return String(value).split(",");
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
    throw this.wrong(name, "a list of names", value);
  }

  has(name: string): boolean {
    return this.left.has(name);
  }

  /** Anything else. */
  take(name: string): unknown {
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  /** @throws {RequestError} there are fields that nothing has asked for. */
  end(known: readonly string[]): void {
    const [other] = this.left.keys();
    if (other === undefined) return;
    throw new RequestError(
      `body: expected the fields ${known.join(", ")}, got ${JSON.stringify(other.slice(0, 100))}.`,
    );
  }

  private number(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const read = this.fromQuery.has(name) && String(value).trim() !== "" ? Number(value) : value;
    if (typeof read === "number" && Number.isFinite(read)) return read;
    throw this.wrong(name, "a number", value);
  }

  private wrong(name: string, expected: string, got: unknown): RequestError {
    const written = got === undefined ? "nothing" : (JSON.stringify(got) ?? "nothing").slice(0, 100);
    return new RequestError(`${name}: expected ${expected}, got ${written}.`);
  }
}

/**
 * The fields of a request: those of its body, if it is JSON, and of the query of its address.
 *
 * @throws {RequestError} the body is no JSON.
 */
export function bodyFields({ body, bodyType, query }: WorkerRequest): RequestFields {
  return new RequestFields(bodyType === "json" ? readJson(body) : {}, query);
}
