export type { TeamSizes } from "./team-memory.ts";
export type { TeamPlan, WorkerRows } from "./worker-team.ts";
export { WorkerTeam } from "./worker-team.ts";
