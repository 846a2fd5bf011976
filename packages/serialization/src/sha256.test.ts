import { createHash } from "node:crypto";
import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { portableSha256, sha256 } from "./sha256.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test("Node has its own, which agrees with the portable one", () => {
  const parts = [text("abc"), new Uint8Array(0), text("def")];
  expect(sha256(parts)).toBe(portableSha256(parts));
});

test("known answers of FIPS 180-4 (NIST examples)", () => {
  expect(portableSha256([])).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(portableSha256([text("abc")])).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(portableSha256([text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")])).toBe(
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
  expect(portableSha256([text("a".repeat(1_000_000))])).toBe(
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  );
});

test("every length up to 300, cut in two anywhere, agrees with node:crypto", () => {
  const bytes = Uint8Array.from(createKey("sha256").uniform(300), (u) => u * 256);
  for (let length = 0; length <= 300; length++) {
    const message = bytes.subarray(0, length);
    const expected = createHash("sha256").update(message).digest("hex");
    expect(portableSha256([message])).toBe(expected);
    const cut = (length * 7) % (length + 1);
    expect(portableSha256([message.subarray(0, cut), new Uint8Array(0), message.subarray(cut)])).toBe(expected);
  }
  expect(portableSha256(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toBe(portableSha256([bytes]));
});

// 5 s, so only in deep runs.
test.runIf(DEEP)("the length counts past 2^29 bytes, where its bits leave the low word", () => {
  const megabyte = new Uint8Array(2 ** 20);
  const hash = createHash("sha256");
  for (let i = 0; i < 513; i++) hash.update(megabyte);
  expect(portableSha256(Array(513).fill(megabyte))).toBe(hash.digest("hex"));
});
