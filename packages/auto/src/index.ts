export { fitAuto, fitAutoEvents } from "./fit-auto.ts";
export type {
  AutoBaselines,
  AutoMember,
  FitAutoEvent,
  FitAutoResult,
  MemberEvent,
  NoteEvent,
  WarningEvent,
  WarningKind,
} from "./fit-auto-events.ts";
export type { AutoRows, FitAutoOptions, Quality } from "./fit-auto-options.ts";
export type { MemberKind } from "./member-task.ts";
export {
  type FitTableEvent,
  type FitTableOptions,
  type FitTableResult,
  type FlowEvent,
  type FlowStartEvent,
  fitTable,
  fitTableEvents,
  type NormalsEvent,
  type ProductsEvent,
} from "./table/fit-table.ts";
