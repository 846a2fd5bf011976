export { defensiveComponent } from "./base-density.ts";
export type { MemberJob, MemberTask, MemberTrainer, MemberTraining, TrainedMember } from "./member-task.ts";
export { trainMemberEvents } from "./train-member.ts";
