/** The texts of a list with commas; one that holds a comma stands in double quotes. Empty ones and repetitions are left out. */
export function parseMarkers(text: string): string[] {
  const found = text.matchAll(/\s*(?:"((?:[^"]|"")*)"(?=\s*(?:,|$))|([^,]+))/g);
  const markers = Array.from(found, ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim());
  return [...new Set(markers)].filter((marker) => marker !== "");
}
