import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import type { FeatureView, View } from "./view.ts";

const TYPE = "pushforward/anomaly-score.views";

/** A view in a model file. */
export function viewToJson({ features }: View): Json {
  return features.map(
    ({ center, scale, map }): Json => ({
      ...{ center, scale },
      ...(map && { map: { values: [...map.values], quantiles: [...map.quantiles], spread: map.spread } }),
    }),
  );
}

/** @throws {ModelFileError} it is no view of so many features. */
export function viewFromJson(items: readonly Json[], count: number): View {
  if (items.length !== count) {
    throw new ModelFileError("config", `${TYPE}: expected ${count} features, got ${items.length}.`);
  }
  return { features: items.map(featureFromJson) };
}

function featureFromJson(item: Json): FeatureView {
  const reader = new ConfigReader(TYPE, item);
  const [center, scale] = [reader.number("center"), reader.number("scale", { min: 0 })];
  const map = reader.has("map") ? mapFromJson(reader.raw("map")) : undefined;
  reader.end();
  return { center, scale, ...(map && { map }) };
}

function mapFromJson(item: Json): NonNullable<FeatureView["map"]> {
  const reader = new ConfigReader(`${TYPE}.map`, item);
  const [values, quantiles] = [reader.numbers("values"), reader.numbers("quantiles")];
  const spread = reader.number("spread", { min: 0 });
  reader.end();
  const rises = values.every((value, k) => k === 0 || value > (values[k - 1] as number));
  if (values.length < 2 || values.length !== quantiles.length || !rises) {
    throw new ModelFileError("config", `${TYPE}: expected a map of rising values, as many as quantiles.`);
  }
  return { values, quantiles, spread };
}
