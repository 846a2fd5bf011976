import type { Table } from "pushforward";
import type { ReportModel } from "../report-model.ts";

/** What the pictures of a page are made of. */
export interface PageRows {
  readonly model: ReportModel;
  readonly real: Table;
  readonly synthetic: Table;
}
