import type { FlowSizes } from "@pushforward/tables/extend";
import { type ArchitectureName, type ConditionalFlow, createFlow, type Flow } from "pushforward";

/** What the user may set of an architecture; the rest are its own defaults. */
export interface FlowChoice {
  readonly flow: ArchitectureName;
  readonly transforms?: number;
  readonly hidden?: readonly number[];
  readonly bins?: number;
  /** Half the width of the box in which splines act, in standard deviations. */
  readonly bound?: number;
}

/** A new flow as the user chose it. */
export function chosenFlow(
  { flow, transforms, hidden, bins, bound }: FlowChoice,
  sizes: FlowSizes,
): Flow | ConditionalFlow {
  return createFlow(flow, {
    ...sizes,
    ...(transforms !== undefined && { transforms }),
    ...(hidden !== undefined && { hidden }),
    ...(bins !== undefined && { bins }),
    ...(bound !== undefined && { bound }),
  });
}
