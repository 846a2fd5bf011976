import { loadArchitecture } from "@pushforward/flows/extend";
import { gaussianNll, type PreparedFlow, prepareFlow, type TableRows } from "@pushforward/tables/extend";
import { architectures, lazyRegistry } from "pushforward";
import type { Settings } from "../shared/settings.ts";

/** A new model, and its rows. */
export interface NewModel extends PreparedFlow {
  /** Of a Gaussian, on the validation rows. Undefined where it has no density. */
  readonly gaussianNll: number | undefined;
}

/** The model of some settings, as the command line makes it: the same seed gives the same weights and batches. */
export async function newModel(settings: Settings, train: TableRows, validation: TableRows): Promise<NewModel> {
  const { flow, seed, transforms, width, depth, bins } = settings;
  // The painter gets it as a file.
  const [create] = await Promise.all([loadArchitecture(flow), lazyRegistry.load(architectures[flow].types ?? [])]);
  const prepared = prepareFlow(train, validation, seed, (sizes) =>
    create({ ...sizes, transforms, hidden: new Array<number>(depth).fill(width), bins }),
  );
  return { ...prepared, gaussianNll: gaussianNll(train, validation) };
}
