import type { ContainerKind } from "@pushforward/serialization/file-parts";

/** The file of a compiled model. */
export const PLAN_FILE: ContainerKind = {
  name: "compiled model",
  format: "pushforward-plan",
  fields: ["parameters", "plans", "table"],
};
