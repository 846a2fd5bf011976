import type { Answer, AskApi, AskColumn, Given } from "../../shared/ask-protocol.ts";
import type { AskedModel } from "./ask-source.ts";
import type { Asker } from "./asker.ts";

/** Answers questions to the model that is shown. Its code is loaded with the first one. */
export class LazyAsker implements AskApi {
  private readonly shown: () => Promise<AskedModel | undefined>;
  private asked: AskedModel | undefined;
  private asker: Asker | undefined;

  /** @param shown the shown trained model; undefined if no model is shown, or it takes no questions. */
  constructor(shown: () => Promise<AskedModel | undefined>) {
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
    const [shown, { Asker: Own }, { askSource }] = await Promise.all([
      this.shown(),
      import("./asker.ts"),
      import("./ask-source.ts"),
    ]);
    if (this.asked?.model !== shown?.model || this.asked?.rows !== shown?.rows) {
      this.asker?.dispose();
      const source = shown && askSource(shown);
      this.asker = source && new Own(source);
      this.asked = shown;
    }
    return this.asker;
  }
}
