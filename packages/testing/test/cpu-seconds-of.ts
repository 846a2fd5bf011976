/**
 * The processor time in seconds that this process takes for a function. Unlike the time of a clock it does not grow with
 * the load of the machine.
 */
export async function cpuSecondsOf(run: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
