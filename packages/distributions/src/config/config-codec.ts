import type { Codec, Json } from "@pushforward/core";
import { ConfigReader, constructStored, defineCodec } from "@pushforward/core/extend";

/**
 * The codec of a class that writes its config itself.
 *
 * @param read the options of the constructor, from a config.
 */
export function configCodec<T extends { config(): Json }, O>(
  type: string,
  construct: new (options: O) => T,
  read: (reader: ConfigReader, type: string) => O,
): Codec<T> {
  return defineCodec({
    type,
    version: 1,
    is: (value): value is T => value instanceof construct,
    encode: (value) => value.config(),
    decode: (config) => {
      const reader = new ConfigReader(type, config);
      const options = read(reader, type);
      reader.end();
      return constructStored(type, () => new construct(options));
    },
  });
}
