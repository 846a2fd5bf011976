import { CsvFields, type CsvRecord, skipBlankLines } from "./csv-fields.ts";

/** Delimiters that are looked for; of equal ones the first is taken. */
const DELIMITERS = [",", ";", "\t", "|"] as const;

/** What separates fields. */
export type Delimiter = (typeof DELIMITERS)[number];

const SAMPLE_RECORDS = 50;

class Refused extends Error {}

/**
 * The delimiter that cuts the most of the first records into as many fields as the first one, at least two; of equal ones
 * that which makes the most fields. A character that only stands in a name or in some texts cuts unevenly.
 */
export function findDelimiter(text: string, from: number, final: boolean): Delimiter {
  let best: Delimiter = ",";
  let bestEven = 0;
  let bestFields = 1;
  for (const delimiter of DELIMITERS) {
    const counts = fieldCounts(text, from, delimiter.charCodeAt(0), final);
    const fields = counts[0] ?? 1;
    if (fields < 2) continue;
    const even = counts.filter((count) => count === fields).length / counts.length;
    if (even > bestEven || (even === bestEven && fields > bestFields)) {
      best = delimiter;
      bestEven = even;
      bestFields = fields;
    }
  }
  return best;
}

/** Fields of each of the first records; none when the text cannot be cut in this way. */
function fieldCounts(text: string, from: number, delimiter: number, final: boolean): number[] {
  const counts: number[] = [];
  const fields = new CsvFields(() => {
    throw new Refused();
  });
  let at = from;
  try {
    while (counts.length < SAMPLE_RECORDS) {
      ({ at } = skipBlankLines(text, at));
      const record: CsvRecord | undefined = at < text.length ? fields.record(text, at, delimiter, final) : undefined;
      if (record === undefined) return counts;
      counts.push(record.fields.length);
      at = record.next;
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // An open quote far below says nothing about the lines before it; one that is cut wrongly says that it is not this.
    if (counts.length < 2) return [];
  }
  return counts;
}
