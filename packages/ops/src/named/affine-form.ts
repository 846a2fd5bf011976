import type { AffineForm } from "@pushforward/core/extend";

/** The scale `e^(5·tanh(r/5))`: softly bounded, so that no network output makes it overflow, and 1 for 0. */
export const AFFINE_FORM: AffineForm = { scale: "tanh", limit: 5, offset: 0, least: 0 };
