/** Arrays and objects inside each other, at most: rows in a body need three. */
const MOST_DEPTH = 16;

const [QUOTE, BACKSLASH, BRACE, BRACE_END, BRACKET, BRACKET_END] = [...'"\\{}[]'].map((c) => c.charCodeAt(0));

/**
 * Reads a body of JSON. Its depth is checked before it is parsed, so that a body of brackets takes no memory.
 *
 * @throws {RequestError} the bytes are no JSON, or too deep, or no object.
 */
export function readJson(body: Uint8Array): Readonly<Record<string, unknown>> {
  checkDepth(body);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new RequestError(`body: expected JSON, got invalid text: ${(error as Error).message}.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RequestError("body: expected a JSON object, got a different value.");
}

function checkDepth(body: Uint8Array): void {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === BRACE || byte === BRACKET) {
      if (++depth > MOST_DEPTH) {
        throw new RequestError(`body: expected at most ${MOST_DEPTH} arrays and objects inside each other, got more.`);
      }
    } else if (byte === BRACE_END || byte === BRACKET_END) depth--;
  }
}

/** A request that cannot be answered, for a reason that the client can fix. */
export class RequestError extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}
