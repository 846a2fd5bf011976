import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether a header of a request carries a token, compared in a time that tells nothing about it.
 *
 * @param header `Authorization`, as it came.
 */
export function hasToken(header: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(header ?? "") ?? [];
  return timingSafeEqual(digestOf(given ?? ""), digestOf(token)) && given !== undefined;
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
