import type { HostRows } from "@pushforward/core/plain";

/** A table below another. */
export function stackRows(a: HostRows, b: HostRows): HostRows {
  const data = new Float64Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { rows: a.rows + b.rows, columns: a.columns, data };
}
