import { expect, test } from "vitest";
import { fromBfloat16, fromFloat16 } from "./half-precision.ts";

test("binary16", () => {
  // Values of numpy: np.array([...], dtype=np.uint16).view(np.float16).astype(np.float32)
  const bits = Uint16Array.of(
    0x0000,
    0x8000,
    0x0001,
    0x03ff,
    0x0400,
    0x3555,
    0x3c00,
    0xc000,
    0x7bff,
    0x7c00,
    0xfc00,
    0x7e00,
  );
  expect(fromFloat16(bits)).toEqual(
    Float32Array.of(
      0,
      -0,
      2 ** -24,
      1023 * 2 ** -24,
      6.103515625e-5,
      0.333251953125,
      1,
      -2,
      65504,
      Infinity,
      -Infinity,
      NaN,
    ),
  );
});

test("bfloat16", () => {
  expect(fromBfloat16(Uint16Array.of(0x3f80, 0xc049, 0x8000, 0x7f80, 0x0001))).toEqual(
    Float32Array.of(1, -3.140625, -0, Infinity, 2 ** -133),
  );
});
