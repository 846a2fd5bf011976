import type { Settings } from "../shared/settings.ts";

/** Whether settings leave no question that a flow learns: toy sets and drawn points, and what only flows can do. */
export function isForFlow({ data, way, given, dropMissing }: Settings): boolean {
  if (data !== "file" && data !== "earthquakes" && data !== "penguins") return true;
  if (way !== "auto") return way === "flow";
  // The tables of the library show what flows do with them.
  return data !== "file" || given.length > 0 || dropMissing;
}
