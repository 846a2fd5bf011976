/** Processor time of this process so far, of all threads, in seconds; undefined where the platform does not tell. */
export function cpuSeconds(): number | undefined {
  if (typeof process === "undefined" || typeof process.cpuUsage !== "function") return undefined;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
