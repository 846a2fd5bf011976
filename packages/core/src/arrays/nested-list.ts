import type { Shape } from "./shape.ts";

/** True for an array or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** The shape that the first entry of each level of nested arrays suggests; a reader checks it against all others. */
export function nestedShape(value: unknown): Shape {
  const shape: number[] = [];
  for (let level: unknown = value; isList(level); level = level[0]) shape.push(level.length);
  return shape;
}

/** A short name of a value that is no number, for an error message. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
