import { inflateSync } from "node:zlib";
import { bitsPerDimension, createKey, train, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { dequantizedLoss, digitModel, drawDigits, meanBound } from "./digit-model.ts";
import { grayPng } from "./gray-png.ts";
import { readDigits } from "./read-digits.ts";
import { sheet } from "./sheet.ts";

beforeAll(() => useBackend("wasm"));

test("reads the first digit, a 7, whole and halved", () => {
  const whole = readDigits("t10k", 2, 28);
  expect(whole.shape).toEqual([2, 28, 28, 1]);
  // The upper stroke of the 7 begins at row 7, column 6.
  expect(Array.from(whole.data.slice(7 * 28 + 5, 7 * 28 + 9))).toEqual([0, 84, 185, 159]);
  const half = readDigits("t10k", 2, 16);
  expect(half.shape).toEqual([2, 16, 16, 1]);
  const mean = (data: ArrayLike<number>): number => Array.from(data).reduce((a, b) => a + b, 0);
  expect(Math.abs(4 * mean(half.data) - mean(whole.data))).toBeLessThan(0.01 * mean(whole.data));
  expect(() => readDigits("t10k", 10_001, 28)).toThrow("expected at most 10000 images of t10k, got 10001.");
});

test("a few steps of training are worth bits, and samples are pixels", async () => {
  const key = createKey(1);
  using model = digitModel({ size: 16, levels: 2, steps: 1, hidden: [8, 8], key });
  const images = readDigits("train", 64, 16);
  const bits = (): number =>
    bitsPerDimension(meanBound(model, images.data as Float32Array, 16, 32), { dimensions: 256 });
  const before = bits();
  await train(model, images, {
    key,
    loss: dequantizedLoss,
    maxSteps: 10,
    batchSize: 32,
    validation: 0,
    learningRate: 1e-2,
  });
  expect(bits()).toBeLessThan(before - 0.5);
  const pixels = drawDigits(model, 3, 0.7, key);
  expect(pixels.length).toBe(3 * 256);
  expect(pixels.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
});

test("a sheet holds the images with gray between them, and the PNG holds the sheet", () => {
  const { pixels, width, height } = sheet([1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 1);
  expect([width, height]).toEqual([10, 6]);
  expect(Array.from(pixels.slice(2 * 10, 3 * 10))).toEqual([128, 128, 1, 2, 128, 128, 5, 6, 128, 128]);
  const file = grayPng(pixels, width, height);
  const at = file.indexOf("IDAT");
  const rows = inflateSync(file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4)));
  expect(rows.length).toBe(height * (width + 1));
  for (let row = 0; row < height; row++) {
    expect(rows[row * (width + 1)]).toBe(0);
    expect(rows.subarray(row * (width + 1) + 1, (row + 1) * (width + 1))).toEqual(
      Buffer.from(pixels.slice(row * width, (row + 1) * width)),
    );
  }
});
