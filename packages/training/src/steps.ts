export type { EpochOrder } from "./data/epoch-order.ts";
export { epochOrder, stepsPerEpoch } from "./data/epoch-order.ts";
export { meanLoss, meanLossSeed } from "./loss/mean-loss.ts";
export type { CosineScheduleOptions, Schedule } from "./optimizer/schedule.ts";
export { cosineSchedule } from "./optimizer/schedule.ts";
