export type { TeamSizes } from "./workers/team-memory.ts";
export type { TeamPlan, WorkerRows } from "./workers/worker-team.ts";
export { WorkerTeam } from "./workers/worker-team.ts";
