export { defensiveComponent } from "./base-density.ts";
export type { MemberJob, MemberTask, MemberTrainer, MemberTraining, TrainedMember } from "./member-task.ts";
export { columnSteps, dequantize } from "./prepare-rows.ts";
export { trainMemberEvents } from "./train-member.ts";
