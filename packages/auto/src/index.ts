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
export type { MemberKind } from "./member-kind.ts";
export {
  type AutoTableEvent,
  type AutoTableResult,
  autoTable,
  type FlowEvent,
  type FlowStartEvent,
  fitAutoTable,
  type NormalsEvent,
  type ProductsEvent,
} from "./table/auto-table.ts";
