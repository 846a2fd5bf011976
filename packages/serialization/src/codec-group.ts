import { OptionError } from "@pushforward/core";
import type { AnyCodec } from "@pushforward/core/extend";

/** Codecs that are loaded together, when a model has an object with a type of this group. */
export interface LazyCodecs {
  /** The types, as model files name them. */
  readonly types: readonly string[];
  /** Loads the codecs of these types; extra codecs are ignored. Use a fixed import: no data of a file influences it. */
  load(): Promise<readonly AnyCodec[]>;
}

/** {@link LazyCodecs} with the codecs loaded up to now. Registries that extend each other share it. */
export class CodecGroup {
  readonly types: ReadonlySet<string>;
  private readonly lazy: LazyCodecs;
  private codecs: readonly AnyCodec[] = [];
  private loading: Promise<void> | undefined;

  constructor(lazy: LazyCodecs) {
    this.types = new Set(lazy.types);
    this.lazy = lazy;
  }

  /** Its codecs; none before they are loaded. */
  get loaded(): readonly AnyCodec[] {
    return this.codecs;
  }

  load(): Promise<void> {
    this.loading ??= this.loadNow().catch((error: unknown) => {
      // The network may be back the next time.
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async loadNow(): Promise<void> {
    const codecs = (await this.lazy.load()).filter(({ type }) => this.types.has(type));
    const known = new Set(codecs.map(({ type }) => type));
    const missing = this.lazy.types.filter((type) => !known.has(type));
    if (missing.length > 0) {
      throw new OptionError(`createLazyRegistry: expected load() to give a codec of "${missing[0]}", got none.`);
    }
    this.codecs = codecs;
  }
}
