const ITEMS = 8;

/** A value as a reader can take it in: long arrays are cut, and a tensor says its shape. */
export function formatted(value, depth = 0) {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value.dataSync === "function")
    return `tensor ${formatted(value.shape, 1)} ${formatted(value.dataSync(), 1)}`;
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return list([...value], value.length, "[", "]", depth);
  if (value instanceof Map) return `Map ${list([...value], value.size, "[", "]", depth)}`;
  if (value instanceof Set) return `Set ${list([...value], value.size, "[", "]", depth)}`;
  const { name } = value.constructor ?? {};
  if (depth > 2) return `${name ?? "Object"} {…}`;
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${formatted(item, depth + 1)}`);
  const text = entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  return name === undefined || name === "Object" ? text : `${name} ${text}`;
}

function list(items, length, open, close, depth) {
  const shown = items.slice(0, ITEMS).map((item) => formatted(item, depth + 1));
  return `${open}${shown.join(", ")}${length > ITEMS ? `, … (${length})` : ""}${close}`;
}
