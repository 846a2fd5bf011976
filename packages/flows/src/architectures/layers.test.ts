import { createKey, OptionError } from "@pushforward/core";
import { expect, test } from "vitest";
import { planar, radial, sylvester } from "../presets/free.ts";

const key = createKey(0);

test.each([
  ["hidden", { hidden: [8] }],
  ["activation", { activation: "tanh" }],
  ["dropout", { dropout: 0.1 }],
])("layers without a context refuse %s", (name, option) => {
  for (const [factory, make] of Object.entries({ planar, radial, sylvester })) {
    const asked = () => make({ features: 2, key, ...option } as Parameters<typeof planar>[0]);
    expect(asked).toThrow(OptionError);
    expect(asked).toThrow(`${factory}: expected no ${name}`);
  }
});

test("sizes are checked", () => {
  expect(() => planar({ features: 0, key })).toThrow("expected features to be an integer of at least 1, got 0");
  expect(() => radial({ features: 2, transforms: 0, key })).toThrow("expected transforms");
  expect(() => sylvester({ features: 2, directions: 3, key })).toThrow(
    "directions to be an integer from 1 to 2, got 3",
  );
  expect(() => planar({ features: 2, key, orientation: "up" as "density" })).toThrow(
    '"density" or "sampling", got "up"',
  );
});
