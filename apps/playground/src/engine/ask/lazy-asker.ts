import type { Answer, AskApi, AskColumn, Given } from "../../shared/ask-protocol.ts";
import type { ShownModel } from "../shown-model.ts";
import type { AskSource } from "./ask-source.ts";
import type { Asker } from "./asker.ts";
import { flowSource } from "./flow-source.ts";

/** Answers questions to the model that is shown. Its code is loaded with the first one. */
export class LazyAsker implements AskApi {
  private readonly shown: () => Promise<AskSource | ShownModel | undefined>;
  private asker: Asker | undefined;

  /** @param shown the trained model that is shown; undefined where there is none, or it takes no questions. */
  constructor(shown: () => Promise<AskSource | ShownModel | undefined>) {
    this.shown = shown;
  }

  async askColumns(): Promise<readonly AskColumn[]> {
    return (await this.current())?.infos ?? [];
  }

  async prepareQuestions(): Promise<void> {
    await (await this.current())?.prepare();
  }

  async ask(given: Given): Promise<Answer | null> {
    return (await (await this.current())?.ask(given)) ?? null;
  }

  async askMore(): Promise<Answer | null> {
    return (await this.current())?.more() ?? null;
  }

  /** The one for the model of now. */
  private async current(): Promise<Asker | undefined> {
    const [shown, { Asker: Own }] = await Promise.all([this.shown(), import("./asker.ts")]);
    const model = shown && ("flow" in shown ? shown.flow : shown.model);
    const rows = shown && "rows" in shown ? shown.rows : undefined;
    if (this.asker?.source.model !== model || this.asker?.source.rows !== rows) {
      this.asker?.dispose();
      const source = shown && "flow" in shown ? flowSource(shown.flow, shown.info.layout) : shown;
      this.asker = source && new Own(source);
    }
    return this.asker;
  }
}
