import { type LoadedModel, loadedModel } from "@pushforward/questions/extend";
import { loadModel } from "@pushforward/serialization/node";
import { standardRegistry } from "pushforward";
import { located } from "../run/program-io.ts";

/**
 * Loads a model that `fit` or `import` saved.
 *
 * @throws {ModelFileError} the file is damaged, or does not contain a model of a table.
 */
export async function loadTableModel(path: string): Promise<LoadedModel> {
  return loadedModel(await loadModel(located(path), standardRegistry), path);
}
