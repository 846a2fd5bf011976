export { auto, fitAuto } from "./auto.ts";
export type {
  AutoBaselines,
  AutoEvent,
  AutoMember,
  AutoResult,
  MemberEvent,
  NoteEvent,
  WarningEvent,
  WarningKind,
} from "./auto-events.ts";
export type { AutoOptions, AutoRows, Quality } from "./auto-options.ts";
export { defensiveComponent } from "./defensive-component.ts";
export type { MemberKind } from "./member-kind.ts";
export type { MemberJob, MemberTask, MemberTrainer, MemberTraining, TrainedMember } from "./member-task.ts";
export type {
  AutoTableEvent,
  AutoTableResult,
  FlowEvent,
  FlowStartEvent,
  NormalsEvent,
  ProductsEvent,
} from "./table/auto-table.ts";
export { autoTable, fitAutoTable } from "./table/auto-table.ts";
export { trainMember } from "./train-member.ts";
