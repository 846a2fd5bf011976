import { ConfigReader, type Field, type Fields, type Json } from "@pushforward/core/plain";

const ANY = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

/**
 * Settings of a file, which are all that there must be and nothing more. That lists of columns fit the matrices of a step is
 * for `checkedSizes` to see.
 *
 * @throws {ModelFileError}
 */
export function readSettings(where: string, json: Json, fields: Fields): object {
  const reader = new ConfigReader(where, json);
  const settings: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (typeof field !== "object" || !("optional" in field)) settings[name] = readField(reader, name, field);
    else if (reader.has(name)) settings[name] = readField(reader, name, field.optional);
  }
  reader.end();
  return settings;
}

function readField(reader: ConfigReader, name: string, field: Field): unknown {
  if (field === "boolean") return reader.boolean(name);
  if (field === "count") return reader.count(name);
  if (field === "number") return reader.number(name);
  if (Array.isArray(field)) return reader.oneOf(name, field as readonly string[]);
  if ("count" in field) return reader.count(name, field.count);
  if ("number" in field) return reader.number(name, field.number);
  if ("places" in field) return reader.counts(name, { min: 0 });
  if ("each" in field) return reader.numbers(name, field.isInfinite === true ? ANY : {});
  if ("fields" in field) return readSettings(name, reader.raw(name), field.fields);
  if ("list" in field) {
    return reader.array(name).map((json, i) => {
      const item = `${name}[${i}]`;
      return readField(new ConfigReader(name, { [item]: json }), item, field.list);
    });
  }
  if (!("either" in field)) throw new Error(`${name}: expected a known kind of setting, got another one.`);
  return reader.raw(name) === field.either ? field.either : readSettings(name, reader.raw(name), field.or);
}
