import type { TensorLike } from "@pushforward/core";

/** Options of a distribution with location and scale; they broadcast with each other and with `[features]`. */
export interface LocationScaleOptions {
  /** Size of the event; needed only when no array tells it. */
  readonly features?: number;
  /** `[...batch, features]`. Default: 0. */
  readonly location?: TensorLike;
  /** `[...batch, features]`, all positive. Default: 1. */
  readonly scale?: TensorLike;
}
