import {
  type ConditionalFlow,
  type Flow,
  type FlowSizes,
  gaussianNll,
  maf,
  nsf,
  type PreparedFlow,
  prepareFlow,
  realNvp,
  type TableRows,
} from "pushforward";
import type { Settings } from "../shared/settings.ts";

/** A new model, and its rows. */
export interface NewModel extends PreparedFlow {
  /** Of a Gaussian, on the validation rows. Undefined where it has no density. */
  readonly gaussianNll: number | undefined;
}

/** The model of some settings, as the command line makes it: the same seed gives the same weights and batches. */
export function newModel(settings: Settings, train: TableRows, validation: TableRows): NewModel {
  const prepared = prepareFlow(train, validation, settings.seed, (sizes) => createFlow(settings, sizes));
  return { ...prepared, gaussianNll: gaussianNll(train, validation) };
}

function createFlow(settings: Settings, { bound, ...sizes }: FlowSizes): Flow | ConditionalFlow {
  const { flow, transforms, width, depth, bins } = settings;
  const shared = { ...sizes, transforms, hidden: new Array<number>(depth).fill(width) };
  switch (flow) {
    case "nsf":
      return nsf({ ...shared, bins, bound });
    case "nsf-coupling":
      return nsf({ ...shared, bins, bound, coupling: true });
    case "maf":
      return maf(shared);
    case "realnvp":
      return realNvp(shared);
  }
}
