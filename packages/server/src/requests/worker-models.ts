import { OptionError } from "@pushforward/core";
import type { LaneResponse, ModelVersion, ServedColumn, ToWorker, WorkerSettings } from "../workers/messages.ts";
import { answerBatch } from "./answer-batch.ts";
import { AnsweringModel } from "./answering-model.ts";

/** The model versions loaded in a worker. */
export class WorkerModels {
  private readonly settings: WorkerSettings;
  private readonly versions = new Map<number, AnsweringModel>();

  constructor(settings: WorkerSettings) {
    this.settings = settings;
  }

  /**
   * Loads a version of a model and keeps the loaded versions.
   *
   * @throws {ModelFileError} the bytes are no model of a table.
   */
  async load({ serial, bytes, file }: ModelVersion): Promise<readonly ServedColumn[]> {
    const loaded = await AnsweringModel.read(bytes, file);
    this.versions.set(serial, loaded);
    return loaded.columns;
  }

  drop(serial: number): void {
    this.versions.get(serial)?.dispose();
    this.versions.delete(serial);
  }

  async run({ serial, lane, requests }: Extract<ToWorker, { type: "run" }>): Promise<readonly LaneResponse[]> {
    const found = this.versions.get(serial);
    if (found === undefined) throw new OptionError(`worker: expected a loaded version, got ${serial}.`);
    return await answerBatch(found, requests, { ...this.settings, lane });
  }
}
